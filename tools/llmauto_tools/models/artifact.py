"""A trained model as a folder of files, and how it is loaded again.

    models/churn/3/
        model.joblib          the fitted estimator, its preprocessing (or recipe) included
        meta.json             inputs, target, classes, metrics, split, versions, checksum of model.joblib
        out_of_fold.parquet   predictions for the training rows by models that had not seen them
        test.parquet          predictions for the held-out rows
        background.parquet    up to 500 training rows, for explanations

model.joblib is a pickle, and a pickle is code. `load` checks that the file is the one that meta.json
describes; `load_saved`, which the tools use, also wants the same checksum in the workspace's ledger, so
that only what this workspace has trained is loaded. Neither makes a folder from a stranger safe.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.errors import InvalidArguments, LlmautoError, SourceNotFound, UnreadableSource
from llmauto_tools.extras import require

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.blend import Blend, Member
    from llmauto_tools.versions import Saved
    from llmauto_tools.workspace import Workspace

FORMAT = 1
"""Raised when an older llmauto could not read what a newer one writes."""

BACKGROUND_ROWS = 500
_LIBRARIES = ("llmauto", "numpy", "pandas", "scikit-learn", "lightgbm")
_FILES = ("model.joblib", "meta.json")

Role = Literal["number", "category", "text", "date"]


@dataclass(frozen=True)
class Input:
    """A column that the model reads: `dtype` is its DuckDB type, `role` how it is prepared."""

    name: str
    dtype: str
    role: Role


class Model:
    """A trained model. Made by `load`; its `meta` is what meta.json holds."""

    def __init__(self, path: Path, meta: dict[str, Any], estimator: Blend) -> None:
        self.path = path
        self.meta = meta
        self.estimator = estimator
        self.inputs = [Input(**i) for i in meta["inputs"]]

    # ---- what it is

    @property
    def ref(self) -> str:
        """Name and version, such as "churn@3"."""
        return f"{self.path.parent.name}@{self.path.name}"

    @property
    def task(self) -> Literal["classification", "regression"]:
        return self.meta["task"]  # type: ignore[no-any-return]

    @property
    def target(self) -> str:
        return str(self.meta["target"])

    @property
    def features(self) -> list[str]:
        return [i.name for i in self.inputs]

    @property
    def classes(self) -> list[Any]:
        """The labels in the order of `predict_proba`'s columns; empty for a regression."""
        return list(self.meta["classes"])

    @property
    def positive(self) -> Any:
        """The label that a binary model's threshold and curves are about, else None."""
        return self.meta["positive"]

    @property
    def threshold(self) -> float | None:
        """The probability from which `predict` says `positive`; None where there are not two classes."""
        return self.meta["threshold"]  # type: ignore[no-any-return]

    @property
    def members(self) -> list[Member]:
        """The models that are averaged, each with its weight and one fitted pipeline per fold."""
        return self.estimator.members

    # ---- what it does

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The inputs of `frame` in the model's order, as numbers, texts and dates.

        Raises InvalidArguments that names the missing columns. A value that cannot be read as its
        column's type becomes missing.
        """
        from llmauto_tools.models.frame import coerce

        missing = [n for n in self.features if n not in frame.columns]
        if missing:
            raise missing_columns(missing, [str(c) for c in frame.columns])
        return coerce(frame, self.inputs)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
        """Probabilities (rows × classes), calibrated. Raises InvalidArguments for a regression."""
        if self.task != "classification":
            raise InvalidArguments("A regression has no probabilities.", "Use predict.")
        return self.estimator.predict(self.prepare(frame))

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """One label, or one number for a regression, per row of `frame`."""
        values = self.estimator.predict(self.prepare(frame))
        return values if self.task == "regression" else self.labels(values)

    def labels(self, probabilities: np.ndarray) -> np.ndarray:
        """The labels that probabilities (rows × classes) mean at the model's threshold."""
        from llmauto_tools.models.calibrate import labels_of

        return labels_of(probabilities, self.classes, self.positive, self.threshold)

    # ---- what was kept of the training

    def out_of_fold(self) -> pd.DataFrame:
        """Predictions for training rows by models that had not seen them.

        Columns: row (0-based position in the training table), target, prediction, and one p_0, p_1, ...
        per class for a classification.
        """
        return _read_parquet(self.path / "out_of_fold.parquet")

    def test_predictions(self) -> pd.DataFrame:
        """Predictions for the held-out rows; columns as in `out_of_fold`."""
        return _read_parquet(self.path / "test.parquet")

    def background(self) -> pd.DataFrame:
        """Up to 500 training rows (inputs and target), for explanations."""
        return _read_parquet(self.path / "background.parquet")


def load(path: str | os.PathLike[str]) -> Model:
    """Load a model from its folder, such as workspace/models/churn/3.

    The file is a pickle: loading it runs code that it contains. The checksum shows that it is whole and
    unchanged since meta.json was written, and no more: load folders only that you or somebody whom you
    trust has trained. Raises SourceNotFound, UnreadableSource (not whole, changed, too new), MissingExtra.
    """
    folder = Path(path).expanduser()
    meta = read_meta(folder)
    content = (folder / "model.joblib").read_bytes()
    if hashlib.sha256(content).hexdigest() != meta["checksum"]:
        raise UnreadableSource(
            f"The model in {folder} is not the file that was saved: its checksum differs.",
            "Train it again; a changed model file is never loaded.",
        )
    return Model(folder, meta, _unpickle(content, folder, meta))


def load_saved(workspace: Workspace, ref: str) -> Model:
    """The model that "name" (the newest version) or "name@3" means, if this workspace trained it.

    Raises InvalidArguments where there is none or the ledger does not know its file, and as `load`.
    """
    saved = saved_model(workspace, ref)
    meta = read_meta(saved.path)
    try:
        known = workspace.ledger.get(meta["evidence"]).figures.get("checksum")
    except LlmautoError:
        known = None
    if known != meta["checksum"]:
        raise InvalidArguments(
            f"The ledger of this workspace does not know the file of the model '{saved.ref}'.",
            "Only models that were trained here are loaded. Train it again.",
        )
    return load(saved.path)


def load_chosen(workspace: Workspace, ref: str | None) -> Model:
    """As `load_saved`; the newest model of the workspace where none is named."""
    return load_saved(workspace, ref or newest_model(workspace))


def newest_model(workspace: Workspace) -> str:
    """The model that was saved last, as "name@version". Raises InvalidArguments where there is none."""
    from llmauto_tools.versions import Versions

    saved = Versions(workspace.path / "models", "model").all()
    if not saved:
        raise InvalidArguments("No model is saved in this workspace yet.", "Train one with train_model.")
    return max(saved, key=lambda s: (s.path / "meta.json").stat().st_mtime_ns).ref


def saved_model(workspace: Workspace, ref: str) -> Saved:
    """The folder of a model by name, not loaded. Raises InvalidArguments with the nearest name."""
    from llmauto_tools.versions import Versions

    return Versions(workspace.path / "models", "model").find(ref)


def read_meta(folder: Path) -> dict[str, Any]:
    """What meta.json says, without loading the model. Raises SourceNotFound, UnreadableSource."""
    for name in _FILES:
        if not (folder / name).is_file():
            raise SourceNotFound(f"{folder} holds no model: it has no {name}.")
    try:
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except ValueError as e:
        raise UnreadableSource(f"{folder / 'meta.json'} is damaged: {e}.", "Train the model again.") from e
    if meta.get("format", 0) > FORMAT:
        raise UnreadableSource(f"The model in {folder} was made by a newer llmauto.", "Update llmauto.")
    return meta


def write_model(
    folder: Path,
    estimator: Blend,
    meta: dict[str, Any],
    *,
    inputs: Sequence[Input],
    out_of_fold: pd.DataFrame,
    test: pd.DataFrame,
    background: pd.DataFrame,
) -> None:
    """Write a model's files into `folder` (see llmauto_tools.versions for the folder)."""
    content = pickled(estimator)
    (folder / "model.joblib").write_bytes(content)
    out_of_fold.to_parquet(folder / "out_of_fold.parquet", index=False)
    test.to_parquet(folder / "test.parquet", index=False)
    background.head(BACKGROUND_ROWS).to_parquet(folder / "background.parquet", index=False)
    whole = {
        "format": FORMAT,
        **meta,
        "inputs": [asdict(i) for i in inputs],
        "versions": library_versions(),
        "checksum": hashlib.sha256(content).hexdigest(),
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "meta.json").write_text(text, encoding="utf-8")


def pickled(estimator: Blend) -> bytes:
    """The estimator as joblib writes it, compressed."""
    joblib = require("joblib", "Saving a model", "ml")
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer, compress=("zlib", 1))
    return buffer.getvalue()


def library_versions() -> dict[str, str]:
    """The versions of the libraries that a pickle depends on."""
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def missing_columns(missing: Sequence[str], present: Sequence[str]) -> InvalidArguments:
    """The error for rows that lack inputs of a model; names the nearest present columns."""
    from llmauto_tools.errors import nearest

    listed = ", ".join(f"'{n}'" for n in missing[:10]) + (" and more" if len(missing) > 10 else "")
    close = [f"'{c}' for '{n}'" for n in missing[:5] for c in nearest(n, present, 1)]
    hint = f"Near names are {', '.join(close)}: rename them." if close else None
    return InvalidArguments(f"The model needs columns that the table lacks: {listed}.", hint)


def _unpickle(content: bytes, folder: Path, meta: dict[str, Any]) -> Blend:
    import warnings

    require("sklearn", "Loading a model", "ml")
    require("lightgbm", "Loading a model", "ml")
    joblib = require("joblib", "Loading a model", "ml")
    try:
        with warnings.catch_warnings():
            # The versions are compared here, in words, rather than in one warning per part.
            warnings.filterwarnings("ignore", message="Trying to unpickle estimator")
            estimator: Blend = joblib.load(io.BytesIO(content))
    except Exception as e:
        made = ", ".join(f"{n} {v}" for n, v in meta.get("versions", {}).items())
        raise UnreadableSource(
            f"The model in {folder} cannot be loaded: {type(e).__name__}.",
            f"It was made with {made}. Install these versions, or train it again.",
        ) from e
    return estimator


def changed_versions(meta: dict[str, Any]) -> list[str]:
    """Libraries that are not what the model was made with, such as "lightgbm 4.6 (made with 4.7)"."""
    now = library_versions()
    return [f"{n} {now[n]} (made with {v})" for n, v in meta["versions"].items() if now.get(n) != v]


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(path)
