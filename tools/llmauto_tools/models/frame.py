"""Tables as the models read them: numbers as float64, dates as datetime64[us], texts as categories.

They come from DuckDB as Arrow; matrices have no names at all, since some libraries refuse some characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from llmauto_tools.models.artifact import Input


MAX_LIST = 60_000
"""Characters of a list of columns; a statement may have 100,000."""


def usable(column: Column) -> bool:
    """Whether a model can read it: lists, structs, maps and binary data it cannot."""
    return column.family != "other"


def select_list(columns: Sequence[Column]) -> str:
    """The columns by name, or * where the names would make too long a statement."""
    names = ", ".join(quoted(c.name) for c in columns)
    return names if len(names) <= MAX_LIST else "*"


def to_frame(data: pa.Table | pa.RecordBatch, names: Sequence[str]) -> pd.DataFrame:
    """The columns of these names: numbers (also true/false, times of day) as float64, dates as
    datetime64[us] in UTC, all else as categories of strings."""
    import pandas as pd

    position: dict[str, int] = {}
    for i, name in enumerate(data.schema.names):
        position.setdefault(name, i)
    columns = [_plain(data.column(position[n])).to_pandas() for n in names]
    made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(data.num_rows), copy=False)
    made.columns = pd.Index(list(names), dtype=object)
    return made


def _plain(column: Any) -> Any:
    """An Arrow column as float64, timestamp[us] or a dictionary of strings."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind, column = kind.value_type, column.cast(kind.value_type)
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8()).cast(pa.float64())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    if pa.types.is_time(kind):
        return column.cast(pa.time64("us")).cast(pa.int64()).cast(pa.float64(), safe=False)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return column.cast(pa.timestamp("us"), safe=False)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        column = pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    return column.cast(pa.string()).dictionary_encode()


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

    if values.dtype == "float64":
        plain = values.to_numpy()  # pandas' own ways cost a millisecond per column, which 10,000 columns feel
        finite = np.isfinite(plain)
        return (
            values
            if finite.all()
            else pd.Series(np.where(finite, plain, np.nan), values.index, name=values.name)
        )
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _by_level(values, _numbers)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _dates(values: pd.Series) -> pd.Series:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return _by_level(values, _dates)
    dates = pd.to_datetime(values, errors="coerce", utc=True, format=_date_format(values))
    plain = dates.dt.tz_localize(None).astype("datetime64[us]")
    return plain.where(plain.dt.year.between(1, 9999))  # DuckDB's infinite dates lie far outside


def _by_level(values: pd.Series, convert: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Convert each level once, not each row."""
    import numpy as np
    import pandas as pd

    levels = convert(pd.Series([*values.cat.categories, None], dtype=object)).to_numpy()
    return pd.Series(
        levels[np.asarray(values.cat.codes)], values.index, name=values.name
    )  # missing: -1, the last


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
