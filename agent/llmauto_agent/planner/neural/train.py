"""Train the planner: python -m llmauto_agent.planner.neural.train --data DIR --encoder DIR --out DIR

Deterministic for a seed and a number of threads; resumes from the newest checkpoint in --out. bf16 where
the machine has it. The log is JSON lines in OUT/log.jsonl.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import pickle
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from llmauto_agent.planner.neural.batches import Batch, batch_of, batches
from llmauto_agent.planner.neural.encoder import load_encoder, verified
from llmauto_agent.planner.neural.examples import Example
from llmauto_agent.planner.neural.network import NEVER, Planner, Shape


@dataclass(frozen=True)
class Settings:
    """How to train. Learning rates are the peaks of a linear warm-up and a linear decay."""

    steps: int = 6000
    batch: int = 32
    encoder_rate: float = 1e-4
    decoder_rate: float = 7e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    clip: float = 1.0
    frozen_layers: int = 0
    """The lowest encoder layers that stay as they are (their gradients cost time)."""
    seed: int = 0
    threads: int = 1
    save_every: int = 250
    measure_every: int = 500
    bf16: bool = True


def parameter_groups(model: Planner, settings: Settings) -> list[dict[str, Any]]:
    for layer in model.encoder.encoder.layer[: settings.frozen_layers]:
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    own = {id(p) for p in model.encoder.parameters()}
    rest = [p for p in model.parameters() if id(p) not in own]
    return [
        {"params": encoder, "lr": settings.encoder_rate, "peak": settings.encoder_rate},
        {"params": rest, "lr": settings.decoder_rate, "peak": settings.decoder_rate},
    ]


def rate(step: int, settings: Settings) -> float:
    """The share of the peak rate at a step."""
    warm = max(1, int(settings.steps * settings.warmup))
    if step < warm:
        return (step + 1) / warm
    return max(0.0, (settings.steps - step) / max(1, settings.steps - warm))


def losses(model: Planner, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy of the actions, and whether each request was written right as a whole."""
    states = model.encode(batch.ids, batch.segments, batch.levels, batch.flags, batch.mask)
    read, keys = model.items(states, batch.places, batch.kinds)
    scores = model.decode(states, batch.mask, read, keys, batch.kinds, batch.before, batch.symbols)
    scores = scores.float().masked_fill(~batch.allowed, NEVER)
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), batch.target.flatten(), ignore_index=-100)
    right = (scores.argmax(-1) == batch.target) | (batch.target == -100)
    return loss, right.all(1)


def measure(
    model: Planner, examples: Sequence[Example], device: torch.device, bf16: bool
) -> dict[str, float]:
    """Loss, and the share of requests whose every action is right given the right ones before it."""
    model.eval()
    total, right, count = 0.0, 0, 0
    with torch.no_grad():
        for chosen in batches(examples, 64, 0):
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
                loss, good = losses(model, batch_of(chosen).to(device))
            total += float(loss) * len(chosen)
            right += int(good.sum())
            count += len(chosen)
    model.train()
    return {"loss": round(total / max(count, 1), 4), "right": round(right / max(count, 1), 4), "count": count}


class Run:
    """A training run in a folder: its state is saved as a whole and found again."""

    def __init__(self, model: Planner, settings: Settings, folder: Path, device: torch.device) -> None:
        self.model, self.settings, self.folder, self.device = model, settings, folder, device
        self.optimiser = torch.optim.AdamW(
            parameter_groups(model, settings),
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step = 0
        self.epoch = 0
        self.within = 0

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(),
            "step": self.step, "epoch": self.epoch, "within": self.within, "settings": dataclasses.asdict(self.settings),
        }  # fmt: skip
        temporary = self.folder / "checkpoint.tmp"
        torch.save(state, temporary)
        temporary.rename(self.folder / "checkpoint.pt")

    def resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.epoch, self.within = state["step"], state["epoch"], state["within"]

    def log(self, **entry: Any) -> None:
        line = json.dumps({"step": self.step, **entry})
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def train(self, examples: Sequence[Example], dev: dict[str, Sequence[Example]]) -> None:
        settings = self.settings
        self.model.train()
        began, seen, sums = time.perf_counter(), 0, []
        while self.step < settings.steps:
            for place, chosen in enumerate(batches(examples, settings.batch, settings.seed + self.epoch)):
                if place < self.within:
                    continue
                sums.append(self._update(batch_of(chosen).to(self.device)))
                seen += len(chosen)
                self.step += 1
                self.within = place + 1
                if self.step % 50 == 0:
                    speed = seen / (time.perf_counter() - began)
                    self.log(loss=round(float(np.mean(sums)), 4), examples_per_second=round(speed, 1))
                    sums = []
                if self.step % settings.save_every == 0 or self.step == settings.steps:
                    self.save()
                if self.step % settings.measure_every == 0 or self.step == settings.steps:
                    for name, some in dev.items():
                        self.log(dev=name, **measure(self.model, some, self.device, settings.bf16))
                    began, seen = time.perf_counter(), 0
                if self.step >= settings.steps:
                    return
            self.epoch, self.within = self.epoch + 1, 0

    def _update(self, batch: Batch) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * rate(self.step, self.settings)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.settings.bf16):
            loss, _ = losses(self.model, batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"The loss is {value} at step {self.step}.")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimiser.step()
        return value


def load_examples(path: Path) -> list[Example]:
    """Examples that `prepare` wrote. The file is this program's own: pickles are code."""
    with path.open("rb") as file:
        found: list[Example] = pickle.load(file)
    return found


def make_model(encoder: Path, tokenizer: Path) -> Planner:
    size = Tokenizer.from_file(str(tokenizer)).get_vocab_size()
    return Planner(load_encoder(verified(encoder)), size, Shape())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder that `prepare` wrote")
    parser.add_argument("--encoder", type=Path, required=True, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to begin with: another run's checkpoint")
    for field in dataclasses.fields(Settings):
        if field.name == "bf16":
            parser.add_argument("--fp32", action="store_true")
        else:
            parser.add_argument(
                f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default
            )
    args = parser.parse_args(arguments)
    names = [f.name for f in dataclasses.fields(Settings) if f.name != "bf16"]
    settings = Settings(**{n: getattr(args, n) for n in names}, bf16=not args.fp32)
    torch.manual_seed(settings.seed)
    random.seed(settings.seed)
    torch.set_num_threads(settings.threads)
    torch.set_flush_denormal(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    args.out.mkdir(parents=True, exist_ok=True)
    model = make_model(args.encoder, args.data / "tokenizer.json").to(device)
    if args.start:
        model.load_state_dict(torch.load(args.start, map_location=device, weights_only=True)["model"])
    run = Run(model, settings, args.out, device)
    run.resume()
    dev: dict[str, Sequence[Example]] = {
        p.stem.removeprefix("dev_"): load_examples(p) for p in sorted(args.data.glob("dev_*.pkl"))
    }
    run.log(start=dataclasses.asdict(settings), dev_sets={k: len(v) for k, v in dev.items()})
    run.train(load_examples(args.data / "train.pkl"), dev)


if __name__ == "__main__":
    main()
