"""The training loop: small steps from given weights, saved so that they can be gone on with."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from llmauto_agent.planner.neural.batches import batch_of
from llmauto_agent.planner.neural.network import Planner
from llmauto_agent.planner.neural.train import Settings, losses, parameter_groups
from llmauto_agent.planner.tuning.accept import Progress
from llmauto_agent.planner.tuning.mixture import Mixture
from llmauto_agent.planner.tuning.pace import Pace
from llmauto_tools.errors import DiskFull, InternalError, Interrupted

SAVE_SECONDS = 60.0
"""A checkpoint is written so often, and where the training is stopped."""


@dataclass
class State:
    """How far a training has come."""

    step: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    """A running mean over about the last 20 steps."""


class Fit:
    """A training in a folder. `run` goes on where the folder's last checkpoint is."""

    def __init__(self, planner: Planner, pace: Pace, folder: Path) -> None:
        self.pace, self.folder = pace, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.bf16 = has_bf16(self.device)
        self.planner = planner.to(self.device)
        settings = Settings(encoder_rate=pace.encoder_rate, decoder_rate=pace.decoder_rate)
        self.optimiser = torch.optim.AdamW(
            parameter_groups(planner, settings), weight_decay=settings.weight_decay, betas=(0.9, 0.98)
        )
        self.clip = settings.clip
        self.state = State()
        self._resume()

    def run(self, mixture: Mixture, progress: Progress) -> State:
        """Train until the steps or the time are used up. What was done is saved, also where it is stopped."""
        torch.manual_seed(self.pace.seed + self.state.step)
        self.planner.train()
        saved = time.perf_counter()
        try:
            while self.state.step < self.pace.steps and self.state.seconds < self.pace.seconds:
                self._step(mixture, progress)
                if time.perf_counter() - saved > SAVE_SECONDS:
                    self.save()
                    saved = time.perf_counter()
        except (Interrupted, KeyboardInterrupt):
            self.save()
            raise
        self.save()
        self.planner.eval()
        return self.state

    def _step(self, mixture: Mixture, progress: Progress) -> None:
        began = time.perf_counter()
        state = self.state
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * self.rate()
        batch = batch_of(mixture.batch(state.step, self.pace.batch, self.pace.seed)).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            loss, _ = losses(self.planner, batch)
        if not torch.isfinite(loss):
            raise InternalError(f"The loss is no number at step {state.step}.", "Train with fewer --steps.")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.planner.parameters(), self.clip)
        self.optimiser.step()
        weight = max(0.05, 1 / (state.step + 1))
        state.loss += weight * (float(loss.detach()) - state.loss)
        state.step += 1
        state.seconds += time.perf_counter() - began
        progress(f"training: step {state.step}, loss {state.loss:.3f}", self.done())

    def done(self) -> float:
        """How much of the steps or of the time is used up, 0..1."""
        pace, state = self.pace, self.state
        return min(1.0, max(state.step / max(1, pace.steps), state.seconds / pace.seconds))

    def rate(self) -> float:
        """The share of the peak rate: a short warm-up, then down to 0 at the end of the steps or the time."""
        return min(1.0, (self.state.step + 1) / self.pace.warmup) * (1 - self.done())

    # ---- checkpoints

    def save(self) -> None:
        """Write the checkpoint as a whole or not at all. Raises DiskFull."""
        stored: dict[str, Any] = {
            "model": self.planner.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "state": asdict(self.state),
        }
        temporary = self.folder / "checkpoint.tmp"
        try:
            torch.save(stored, temporary)
            temporary.replace(self.folder / "checkpoint.pt")
        except (OSError, RuntimeError) as e:
            temporary.unlink(missing_ok=True)
            raise DiskFull(f"The training cannot be saved in {self.folder}: {e}.", "Free some space.") from e

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if path.exists():
            stored = torch.load(path, map_location=self.device, weights_only=True)
            self.planner.load_state_dict(stored["model"])
            self.optimiser.load_state_dict(stored["optimiser"])
            self.state = State(**stored["state"])


def has_bf16(device: torch.device) -> bool:
    """Whether the machine multiplies bfloat16 itself; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    can: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def begin(folder: Path, key: dict[str, Any]) -> bool:
    """Prepare the folder of a training; returns whether an unfinished one with this key is gone on with."""
    path = folder / "run.json"
    text = json.dumps(key, sort_keys=True, ensure_ascii=False)
    if path.is_file() and path.read_text("utf-8") == text:
        return (folder / "checkpoint.pt").exists()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    path.write_text(text, "utf-8")
    return False
