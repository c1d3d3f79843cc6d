"""A saved recipe in front of the models, fitted anew on the training rows of each fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.models.artifact import Input
from llmauto_tools.models.data import Chosen
from llmauto_tools.models.encode import Encoder, Kind
from llmauto_tools.models.encode_parts import EncodedColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.search import MakeEncoder
    from llmauto_tools.preprocess.recipe import Recipe
    from llmauto_tools.workspace import Workspace


@dataclass
class RecipeSource:
    """A recipe that was found in the workspace: `ref` names its version."""

    recipe: Recipe
    ref: str

    def encoder(self, inputs: Sequence[Input]) -> MakeEncoder:
        """Encoders that start with a new, unfitted copy of the recipe."""
        return lambda kind, seed: RecipeEncoder(self.recipe, inputs, kind, seed)


def recipe_source(workspace: Workspace, ref: str, chosen: Chosen) -> RecipeSource:
    """The recipe "name" or "name@version"; limits `chosen.features` to the columns that it reads.

    Raises InvalidArguments where there is none, or the table lacks a column that it reads.
    """
    from llmauto_tools.models.artifact import missing_columns
    from llmauto_tools.preprocess import store

    saved = store.versions(workspace).find(ref)
    fitted = store.load(workspace, ref)
    wanted = [name for name, _ in fitted.columns if name not in (fitted.target, chosen.target.name)]
    present = {c.name for c in chosen.table.columns}
    if missing := [name for name in wanted if name not in present]:
        raise missing_columns(missing, sorted(present))
    chosen.features = [c for c in chosen.features if c.name in wanted]
    if not chosen.features:
        raise InvalidArguments(
            f"The recipe '{saved.ref}' reads none of the features.", "Name other features."
        )
    chosen.named = True
    return RecipeSource(fitted.recipe, saved.ref)


class RecipeEncoder:
    """An encoder whose inputs pass through a recipe first. Like Encoder in all else."""

    def __init__(self, recipe: Recipe, inputs: Sequence[Input], kind: Kind, seed: int) -> None:
        self.inputs = list(inputs)
        self.kind: Kind = kind
        self.seed = seed
        self.pipeline = recipe.to_sklearn([i.name for i in inputs])
        self.columns_: list[EncodedColumn] = []

    def fit_transform(self, frame: pd.DataFrame, target: np.ndarray) -> np.ndarray:
        """See Encoder.fit_transform; the recipe is fitted on these rows too."""
        y = target[:, 0] if target.shape[1] == 1 else target.argmax(axis=1)
        made = self._as_frame(self.pipeline.fit_transform(self._raw(frame), y))
        self.names = [str(c) for c in made.columns]
        self.encoder = Encoder(_roles(made), self.kind, self.seed)
        matrix = self.encoder.fit_transform(self._coerced(made), target)
        raw = sorted((i.name for i in self.inputs), key=len, reverse=True)
        self.columns_ = [
            EncodedColumn(
                _source(c.source, raw), c.kind, c.detail or (c.source if c.source not in raw else None)
            )
            for c in self.encoder.columns_
        ]
        return matrix

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """See Encoder.transform."""
        return self.encoder.transform(
            self._coerced(self._as_frame(self.pipeline.transform(self._raw(frame))))
        )

    @property
    def categorical_(self) -> list[int]:
        return self.encoder.categorical_

    def _raw(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The inputs as a recipe expects them: texts as objects, true and false as such."""
        made = frame.copy()
        for i in self.inputs:
            if i.role in ("category", "text"):
                made[i.name] = made[i.name].astype(object)
            elif i.dtype.upper() == "BOOLEAN":
                made[i.name] = made[i.name].astype("boolean")
        return made

    def _as_frame(self, made: Any) -> pd.DataFrame:
        import pandas as pd

        if isinstance(made, pd.DataFrame):
            return made.reset_index(drop=True)
        names = [str(n) for n in self.pipeline.get_feature_names_out()]
        return pd.DataFrame(made, columns=pd.Index(names, dtype=object))

    def _coerced(self, made: pd.DataFrame) -> pd.DataFrame:
        from llmauto_tools.models.frame import coerce

        return coerce(made, self.encoder.inputs)


def _roles(frame: pd.DataFrame) -> list[Input]:
    """Every column of a recipe's output as an input, by its type."""
    import pandas as pd

    inputs = []
    for name in frame.columns:
        kind = frame[name].dtype
        if pd.api.types.is_datetime64_any_dtype(kind):
            inputs.append(Input(str(name), "TIMESTAMP", "date"))
        elif pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
            inputs.append(Input(str(name), "DOUBLE", "number"))
        else:
            inputs.append(Input(str(name), "VARCHAR", "category"))
    return inputs


def _source(name: str, raw: Sequence[str]) -> str:
    """The input that a recipe's column comes from: "column_part" is of "column"."""
    return next((r for r in raw if name == r or name.startswith(r + "_")), name)
