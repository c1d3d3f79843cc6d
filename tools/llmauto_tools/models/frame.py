"""Tables as the models read them: numbers as float64, dates as datetime64[us], texts as categories.

The columns of a table come through DuckDB under neutral names (c0, c1, ...), because some libraries
refuse some characters in a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from llmauto_tools.models.artifact import Input


def usable(column: Column) -> bool:
    """Whether a model can read it: lists, structs, maps and binary data it cannot."""
    return column.family != "other"


def expression(column: Column) -> str:
    """SQL that gives the column as DOUBLE, TIMESTAMP (UTC) or VARCHAR."""
    name = quoted(column.name)
    if column.family in ("number", "boolean"):
        return f"TRY_CAST({name} AS DOUBLE)"
    if column.family == "date":
        return f"CASE WHEN isfinite({name}) THEN make_timestamp(epoch_us({name})) END"
    if column.family == "time":
        return f"CAST(epoch({name}) AS DOUBLE)"
    return f"CAST({name} AS VARCHAR)"


def select_list(columns: Sequence[Column]) -> str:
    """The columns as `expression` gives them, named c0, c1, ..."""
    return ", ".join(f"{expression(c)} AS c{i}" for i, c in enumerate(columns))


def to_frame(data: pa.Table | pa.RecordBatch, names: Sequence[str]) -> pd.DataFrame:
    """An Arrow table as a data frame with these column names; texts become categories."""
    import pandas as pd
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name, column in zip(names, data.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            columns[name] = column.dictionary_encode().to_pandas()
        else:
            columns[name] = column.to_pandas()
    made = pd.DataFrame(columns, copy=False)
    made.columns = pd.Index(list(names), dtype=object)
    return made


def coerce(frame: pd.DataFrame, inputs: Sequence[Input]) -> pd.DataFrame:
    """The inputs of `frame`, each as its role wants it; infinite and unreadable values become missing.

    number: float64; date: datetime64[us], UTC; category and text: categories of strings. Raises KeyError
    where a column is missing (Model.prepare says which).
    """
    import pandas as pd

    made = {i.name: as_role(frame[i.name], i.role) for i in inputs}
    return pd.DataFrame(made, index=frame.index, columns=pd.Index([i.name for i in inputs], dtype=object))


def as_role(values: pd.Series, role: str) -> pd.Series:
    """A column as `coerce` gives it."""
    if role == "number":
        return _numbers(values)
    return _dates(values) if role == "date" else _texts(values)


def _numbers(values: pd.Series) -> pd.Series:
    import numpy as np
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _dates(values: pd.Series) -> pd.Series:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    dates = pd.to_datetime(values, errors="coerce", utc=True, format=_date_format(values))
    return dates.dt.tz_localize(None).astype("datetime64[us]")


def _date_format(values: pd.Series) -> str | None:
    import pandas as pd

    return None if pd.api.types.is_datetime64_any_dtype(values.dtype) else "ISO8601"


def _texts(values: pd.Series) -> pd.Series:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = values.cat.categories
        return (
            values if levels.dtype == object or pd.api.types.is_string_dtype(levels) else _relabelled(values)
        )
    texts = values.astype(object).where(values.notna(), None).map(str, na_action="ignore")
    return texts.astype("category")


def _relabelled(values: pd.Series) -> pd.Series:
    return values.cat.rename_categories([str(c) for c in values.cat.categories])
