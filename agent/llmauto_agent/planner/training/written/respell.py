"""The tables of a block in other spellings, with columns left out and others added."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from llmauto_agent.planner.neural.grammar import TOOLS
from llmauto_agent.planner.neural.items import MAX_COLUMNS
from llmauto_agent.planner.tokens import has_cjk
from llmauto_agent.planner.training.generate.tables import Col, Domain, column_of
from llmauto_agent.planner.training.written.parse import Block
from llmauto_agent.planner.words import split_name
from llmauto_tools.schema import ForeignKey

_SHORT = {
    "amount": "amt", "quantity": "qty", "number": "no", "customer": "cust", "date": "dt", "department": "dept",
    "average": "avg", "name": "nm", "code": "cd", "total": "tot", "price": "prc", "category": "cat", "product": "prod",
    "employee": "emp", "manager": "mgr", "account": "acct", "address": "addr", "percent": "pct", "count": "cnt",
    "description": "desc", "minutes": "min", "hours": "hrs", "temperature": "temp", "region": "reg", "year": "yr",
    "month": "mth", "status": "stat", "payment": "pymt", "service": "svc", "level": "lvl", "group": "grp",
    "invoice": "inv", "discount": "disc", "delivery": "dlv", "type": "typ", "weight": "wt", "duration": "dur",
    "distance": "dist", "received": "rcvd", "student": "stud", "salary": "sal", "balance": "bal", "order": "ord",
}  # fmt: skip
_NOISE_EN = (
    "row_version int 1 9", "import_batch int 100 999", "checksum int 1000 9999", "source_file cat a.csv,b.csv,c.csv",
    "sync_state cat ok,pending,failed", "ext_ref int 10000 99999", "locale_code cat en_GB,de_DE,fr_FR",
    "legacy_id id", "tz_offset int -5 9", "entered_by name", "schema_rev int 1 4", "is_test flag", "etl_run int 1 500",
)  # fmt: skip
_NOISE_ZH = (
    "行版本 int 1 9", "导入批次 int 100 999", "校验码 int 1000 9999", "来源文件 cat a.csv,b.csv,c.csv",
    "同步状态 cat 正常,待同步,失败", "外部参考号 id", "录入人 name", "语言代码 cat zh_CN,zh_TW,en_US", "是否测试 flag",
)  # fmt: skip
Style = Callable[[Sequence[str]], str]


def _short(words: Sequence[str]) -> str:
    """Abbreviated as in old databases: known short forms, else without the vowels of long words."""
    made = []
    for word in words:
        bare = word[0] + re.sub(r"[aeiou]", "", word[1:]) if len(word) > 6 and word.isascii() else word
        made.append(_SHORT.get(word, bare))
    return "_".join(made)


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(w.capitalize() for w in words[1:])


STYLES: dict[str, Style] = {
    "snake": "_".join,
    "camel": _camel,
    "pascal": lambda words: "".join(w.capitalize() for w in words),
    "title": lambda words: " ".join(w.capitalize() for w in words),
    "upper": lambda words: "_".join(words).upper(),
    "short": _short,
    "plain": " ".join,
}


@dataclass(frozen=True)
class Spelling:
    """A block as other tables, with the names that its records have there."""

    block: Block
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """New names by table and column, those that are left out missing."""
    whole: bool = True
    """No column is left out, and no table of another block added."""


def spelled(block: Block, r: random.Random, *, drop: bool, others: Sequence[Domain] = ()) -> Spelling:
    """The block in a spelling drawn by chance; `drop` leaves out some columns that join no tables.

    Some blocks get tables of `others` beside their own, as a person has files that a request is not about.
    """
    style = r.choice([None, None, *STYLES.values()])
    keyed = {(k.table, k.column) for k in block.keys} | {(k.other_table, k.other_column) for k in block.keys}
    tables: list[Domain] = []
    names: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for table in block.tables:
        names[table.name] = _spelled(table.name, style) if style and r.random() < 0.6 else table.name
        kept = [c for c in table.columns if not drop or (table.name, c.name) in keyed or r.random() < 0.72]
        made = [replace(c, name=_spelled(c.name, style)) for c in kept]
        if _collides(made):
            made = kept
        columns |= {(table.name, old.name): new.name for old, new in zip(kept, made, strict=True)}
        made += [c for c in _noise(block, r) if c.name not in {x.name for x in made}]
        if r.random() < 0.35:
            r.shuffle(made)
        tables.append(replace(table, name=names[table.name], columns=tuple(made)))
    if len({n.lower() for n in names.values()}) < len(names):
        return Spelling(block, {t.name: t.name for t in block.tables}, _own_names(block))
    beside = strangers(block, others, r) if r.random() < 0.35 else []
    tables += [t for t in beside if t.name.lower() not in {n.name.lower() for n in tables}]
    if r.random() < 0.4:
        r.shuffle(tables)
    keys = tuple(
        ForeignKey(
            names[k.table], columns[k.table, k.column], names[k.other_table], columns[k.other_table, k.other_column], True
        )
        for k in block.keys
    )  # fmt: skip
    return Spelling(replace(block, tables=tuple(tables), keys=keys), names, columns, not drop and not beside)


def as_written(block: Block) -> Spelling:
    """The block as it is."""
    return Spelling(block, {t.name: t.name for t in block.tables}, _own_names(block))


def _own_names(block: Block) -> dict[tuple[str, str], str]:
    return {(t.name, c.name): c.name for t in block.tables for c in t.columns}


def _spelled(name: str, style: Style | None) -> str:
    if style is None or has_cjk(name):
        return name
    words = [w.lower() for w in split_name(name)]
    return style(words) if words else name


def _collides(columns: Sequence[Col]) -> bool:
    return len({c.name.lower() for c in columns}) < len(columns)


def _noise(block: Block, r: random.Random) -> list[Col]:
    """A few columns that nobody asks for: none whose words occur in a request of the block."""
    lines = r.sample(_NOISE_ZH if block.lang == "zh" else _NOISE_EN, r.choice([0, 0, 0, 1, 2, 4]))
    asked = " ".join(q.question.lower() for chain in block.chains for q in chain)
    made = [column_of(line, f"{block.name}-{line}", block.lang) for line in lines]
    return [c for c in made if not any(w in asked for w in split_name(c.name) if len(w) > 2)]


def strangers(block: Block, others: Sequence[Domain], r: random.Random) -> list[Domain]:
    """One to four tables of other blocks that no request of this block could be about."""
    own = {p for t in block.tables for p in _parts(t)}
    asked = " ".join(q.question.lower() for chain in block.chains for q in chain)
    drawn = r.sample(others, min(len(others), r.choice([4, 8, 8, 16])))
    room = MAX_COLUMNS - sum(len(t.columns) for t in block.tables)
    found: list[Domain] = []
    for table in drawn:
        values = {v.lower() for c in table.columns if c.role == "cat" for v in c.values}
        named = own & _parts(table) or any(_occurs(v, asked) for v in values)
        if not named and len(table.columns) <= room and len(found) < 4:
            found.append(table)
            room -= len(table.columns)
    return found


def _parts(table: Domain) -> set[str]:
    """The words of a table and its columns by which they could be taken for others'."""
    texts = [table.name, table.noun, table.nouns, *(w for c in table.columns for w in (c.name, *c.say))]
    if table.lang == "zh":
        return {t[i : i + 2] for t in texts for i in range(len(t) - 1)}
    words = {w.lower() for t in texts for part in t.split() for w in split_name(part)}
    return {w for w in words if len(w) > 2} - {"date", "name"}


def _occurs(value: str, asked: str) -> bool:
    return value in asked if has_cjk(value) else re.search(rf"(?<!\w){re.escape(value)}", asked) is not None


# ---- records


def used_columns(node: Any) -> Iterator[tuple[str, str]]:
    """(table, column) of every column of a plan."""
    if isinstance(node, list):
        for item in node:
            yield from used_columns(item)
    elif isinstance(node, dict):
        if node.get("kind") == "column":
            yield node["table"], node["name"]
        for item in node.values():
            yield from used_columns(item)


def fits(records: Sequence[Mapping[str, Any]], spelling: Spelling) -> bool:
    """Whether a conversation can be had over these tables.

    Refusals need them whole: what is missing stays so, but what is ambiguous may become clear.
    """
    if spelling.whole:
        return True
    if any(r.get("refuse") or r["tool"] != "analyze" for r in records):
        return False
    return all(c in spelling.columns for r in records for c in used_columns(r["plan"]))


def respelled(record: Mapping[str, Any], spelling: Spelling) -> dict[str, Any]:
    """The record over the tables in their other spelling."""
    made = dict(record)
    made["plan"] = _plan(record["plan"], spelling)
    made["previous"] = _plan(record["previous"], spelling)
    made["arguments"] = _call(record["tool"], record["arguments"], spelling)
    made["question"] = _question(record["question"], spelling)
    made["context"] = [_question(q, spelling) for q in record["context"]]
    return made


def _plan(node: Any, spelling: Spelling) -> Any:
    if isinstance(node, list):
        return [_plan(item, spelling) for item in node]
    if not isinstance(node, dict):
        return node
    made = {k: _plan(v, spelling) for k, v in node.items()}
    if node.get("kind") == "column":
        made["name"] = spelling.columns[node["table"], node["name"]]
    if isinstance(node.get("table"), str):
        made["table"] = spelling.tables[node["table"]]
    return made


def _call(tool: str, arguments: Mapping[str, Any], spelling: Spelling) -> dict[str, Any]:
    if tool == "compose":
        steps = [s | {"arguments": _call(s["tool"], s["arguments"], spelling)} for s in arguments["steps"]]
        return {"steps": steps}
    made = dict(arguments)
    table = arguments.get("table", "")
    for name, value in arguments.items():
        kind = _kind(tool, name)
        if kind == "TABLE":
            made[name] = spelling.tables[value]
        elif kind == "COL":
            made[name] = spelling.columns[table, value]
        elif kind == "COLS":
            made[name] = [spelling.columns[table, v] for v in value]
        elif kind == "STEPS":
            made[name] = [_step(step, table, spelling) for step in value]
    return made


def _kind(tool: str, argument: str) -> str:
    """The kind of an argument; a test's second column is written where the grammar has its group."""
    if argument == "table":
        return "TABLE"
    return "COL" if (tool, argument) == ("test_hypothesis", "other") else TOOLS[tool][argument]


def _step(step: Any, table: str, spelling: Spelling) -> Any:
    """A step of cleaning, with the columns that it is about."""
    if not isinstance(step, dict) or "columns" not in step:
        return step
    return step | {"columns": [spelling.columns[table, c] for c in step["columns"]]}


def _question(text: str, spelling: Spelling) -> str:
    """A raw name that is typed as such ("avg amt_eur") is typed in its other spelling."""
    for (_, old), new in spelling.columns.items():
        if old != new and re.search(r"_|[a-z][A-Z]", old):
            text = new.join(re.split(rf"(?<!\w){re.escape(old)}(?!\w)", text))
    return text
