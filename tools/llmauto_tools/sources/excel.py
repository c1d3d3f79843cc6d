"""Spreadsheets: every sheet a table, read by calamine and kept as parquet in the cache.

Cells have types of their own. A column of one type keeps it; mixed ones become text, whose values are
then tested like those of any text column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources.base import Opening, absolute, fingerprint, identifier, literal, reading
from llmauto_tools.sources.dialect import has_header
from llmauto_tools.sources.names import column_names, stem
from llmauto_tools.sources.stream import copy
from llmauto_tools.sources.text_columns import typed_items

if TYPE_CHECKING:
    import pyarrow as pa

Rows = list[list[Any]]


def open_excel(opening: Opening, path: Path) -> list[Relation]:
    """The relations of the sheets of an xlsx, xls or ods file; empty and chart sheets are left out."""
    path = absolute(path)
    mark = fingerprint([path])
    index = opening.cache.path("excel", mark, suffix=".json")
    known = opening.cache.read_json(index)
    if known is None or not all(Path(s["path"]).exists() for s in known["sheets"]):
        known = {"sheets": _sheets(opening, path, mark)}
        opening.cache.write_json(index, known)
    sheets = known["sheets"]
    if not sheets:
        raise UnreadableSource(f"'{path.name}' holds no sheet with data.")
    return [_relation(sheet, stem(path.name), len(sheets), mark) for sheet in sheets]


def _relation(sheet: dict[str, Any], name: str, count: int, mark: str) -> Relation:
    columns = tuple(Column(n, t, note) for n, t, note in sheet["columns"])
    items = ", ".join(identifier(c.name) for c in columns)
    return Relation(
        name=name if count == 1 else str(sheet["name"]),
        columns=columns,
        origin="",
        view_sql=f"SELECT {items} FROM read_parquet({literal(sheet['path'])})",
        paths=(str(sheet["path"]),),
        row_count=sheet["rows"],
        notes=tuple(sheet["notes"]),
        fingerprint=mark,
    )


def _sheets(opening: Opening, path: Path, mark: str) -> list[dict[str, Any]]:
    import python_calamine as calamine

    opening.progress(f"Reading {path.name}", None)
    with reading(path):
        try:
            with calamine.CalamineWorkbook.from_path(str(path)) as book:
                found = [
                    _sheet(opening, mark, name, book.get_sheet_by_name(name).to_python(skip_empty_area=True))
                    for name in _worksheets(book)
                ]
        except calamine.PasswordError as e:
            raise UnreadableSource(
                f"'{path.name}' is protected by a password.", "Save it without one, and attach that."
            ) from e
        except (calamine.CalamineError, ValueError) as e:
            raise UnreadableSource(f"'{path.name}' could not be read as a spreadsheet: {e}.") from e
    return [sheet for sheet in found if sheet is not None]


def _worksheets(book: Any) -> list[str]:
    return [s.name for s in book.sheets_metadata if str(s.typ).endswith("WorkSheet")]


def _sheet(opening: Opening, mark: str, name: str, cells: Rows) -> dict[str, Any] | None:
    """One sheet as a parquet file, described as JSON; None for an empty one."""
    rows = [row for row in cells if any(c != "" for c in row)]
    if not rows:
        return None
    blank = len(cells) - len(rows)
    start = _first_row(rows)
    header = has_header(*_as_text(rows[start : start + 51]))
    body = rows[start + 1 :] if header else rows[start:]
    names = column_names([_text(c) for c in rows[start]] if header else [""] * len(rows[start]))
    arrays = [_array([row[i] for row in body]) for i in range(len(names))]
    target = opening.cache.path("excel", mark, name, suffix=".parquet")
    columns = _write(opening, arrays, names, target)
    notes = []
    if start:
        notes.append(
            f"{start} row{'s' if start > 1 else ''} above the header skipped ('{_text(rows[0][0])[:60]}')"
        )
    if blank:
        notes.append(f"{blank} empty row{'s' if blank > 1 else ''} skipped")
    if not header:
        notes.append("there is no header; the columns are named column1, column2, …")
    return {
        "name": name,
        "path": str(target),
        "rows": len(body),
        "notes": notes,
        "columns": [[c.name, c.dtype, c.note] for c in columns],
    }


def _first_row(rows: Rows) -> int:
    """The index of the header: the first row that is filled as far as the rows below it."""
    filled = [sum(c != "" for c in row) for row in rows[:30]]
    usual = max(sorted(filled)[len(filled) // 2], 1)
    return next((i for i, n in enumerate(filled[:10]) if n * 3 >= usual * 2), 0)


def _as_text(rows: Rows) -> tuple[list[str], list[list[str]]]:
    text = [[_text(c) for c in row] for row in rows]
    return text[0], text[1:]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def _array(cells: Sequence[Any]) -> pa.Array:
    """The cells of a column as an Arrow array of the one type they have, else of text."""
    import pyarrow as pa

    kinds = {type(c) for c in cells if c != ""}
    values = [None if isinstance(c, str) and c == "" else c for c in cells]
    if kinds <= {int, float} and kinds:
        if all(v is None or (float(v).is_integer() and abs(v) < 2**53) for v in values):
            return pa.array([None if v is None else int(v) for v in values], pa.int64())
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {dt.date} or (kinds <= {dt.date, dt.datetime} and kinds and _midnights(values)):
        return pa.array([v.date() if isinstance(v, dt.datetime) else v for v in values], pa.date32())
    if kinds <= {dt.date, dt.datetime} and kinds:
        whole = [dt.datetime.combine(v, dt.time()) if type(v) is dt.date else v for v in values]
        return pa.array(whole, pa.timestamp("us"))
    if kinds == {dt.time}:
        return pa.array(values, pa.time64("us"))
    if kinds == {dt.timedelta}:
        return pa.array(values, pa.duration("us"))
    return pa.array([None if v is None else _text(v) for v in values], pa.string())


def _midnights(values: Sequence[Any]) -> bool:
    return all(not isinstance(v, dt.datetime) or v.time() == dt.time() for v in values)


def _write(opening: Opening, arrays: list[pa.Array], names: list[str], target: Path) -> tuple[Column, ...]:
    import pyarrow as pa

    places = [f"c{i}" for i in range(len(names))]
    table = pa.table(arrays, names=places)
    opening.db.register("sheet", table)
    try:
        described = opening.db.execute("DESCRIBE FROM sheet").fetchall()
        columns, items = typed_items(opening, "sheet", names, [t for _, t, *_ in described])
        with opening.cache.writing(target) as part:
            copy(opening.db, table, items, part)
    finally:
        opening.db.unregister("sheet")
    return columns
