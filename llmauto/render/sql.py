"""SQL as it is shown: the statement that ran, with short clauses on one line."""

from __future__ import annotations


def compact_sql(sql: str, columns: int) -> str:
    """Join the lines of each clause where they fit in `columns`; only space between tokens changes.

    The compiler writes one item a line, which suits a long query and wastes the screen for a short
    one. SQL with comments, or with quotes that span lines, is left as it is.
    """
    lines = sql.split("\n")
    if any("--" in line or "/*" in line or _open_quote(line) for line in lines):
        return sql
    return "\n".join(_join_blocks(lines, columns))


def _join_blocks(lines: list[str], columns: int) -> list[str]:
    shown: list[str] = []
    position = 0
    while position < len(lines):
        depth = _indent(lines[position])
        end = position + 1
        while end < len(lines) and (_indent(lines[end]) > depth or lines[end].startswith(" " * depth + ")")):
            end += 1
        joined = " " * depth + _one_line(lines[position:end])
        if len(joined) <= columns:
            shown.append(joined)
        else:
            shown.append(lines[position])
            shown += _join_blocks(lines[position + 1 : end], columns)
        position = end
    return shown


def _one_line(lines: list[str]) -> str:
    text = ""
    for line in lines:
        part = line.strip()
        apart = text and not text.endswith("(") and not part.startswith(")")
        text += f" {part}" if apart else part
    return text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _open_quote(line: str) -> bool:
    return line.count("'") % 2 == 1 or line.count('"') % 2 == 1
