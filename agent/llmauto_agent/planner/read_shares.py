"""Grammar: shares of rows, and shares of a total."""

from __future__ import annotations

import re

from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_draft import Draft, MeasureDraft
from llmauto_agent.planner.read_grammar import NOUN, Stage
from llmauto_agent.planner.read_measures import share_of
from llmauto_agent.planner.read_values import conjunction
from llmauto_tools.plan.model import Predicate

SHARES = Stage()


# ---- shares

_AMONG = r"(?:among|amongst|out of|within|中|里|当中|之中)"


@SHARES.rule(
    rf"%((?:{{f}}| |[a-z']+|{{t}}|[|]|⊞(?={{f}}))*?)((?:{{f}}(?: ?(?:and|,|who|that|were|are|also)* ?))+)(?:{_AMONG}((?:{{f}}|{{t}}|{NOUN}| )+))?",
    language="en",
)
def share(d: Draft, m: re.Match[str]) -> str | None:
    """ "what share of A did B": rows with B among the rows with A."""
    if d.share:
        return None
    rest = _filters(d, m[3] or "")
    lead = _filters(d, m[1])
    tail = _filters(d, m[2])
    nouns = pattern("{t}|[a-z]").search(m[1])
    if not lead and len(tail) > 1 and not nouns and " and" not in m[2] and "and" not in m[2]:
        lead, tail = tail[:1], tail[1:]
    _note_nouns(d, m[1] + (m[3] or ""))
    whole = "".join(d.new_f(p, "") for p in [*lead, *rest])
    words = " ".join(re.findall(r"[a-z']+", m[1] + " " + (m[3] or "")))
    return _share(d, tail, d.span(m)) + whole + f"|{words}|"


@SHARES.rule(
    rf"((?:{{f}})+)({{t}}|[一-鿿]{{1,3}})?{_AMONG}((?:{{f}})+)(?:{{t}}|[一-鿿]{{0,3}})%", language="zh"
)
def share_among_zh(d: Draft, m: re.Match[str]) -> str | None:
    return _share(d, _filters(d, m[3]), d.span(m)) + m[1]


@SHARES.rule(
    r"((?:{f})+)(?:{t}|{c}|[一-鿿]{1,3})?%",
    r"({t}|[一-鿿]{1,2})?(?:里|中)?((?:{f})+)(?:人|{t})?%",
    language="zh",
)
def share_zh(d: Draft, m: re.Match[str]) -> str | None:
    if d.share:
        return None
    return _share(d, _filters(d, m[m.lastindex or 1]), d.span(m))


def _filters(d: Draft, piece: str) -> list[Predicate]:
    return [s.value for s in d.code.slots_in(piece) if s.kind == "f"]


def _note_nouns(d: Draft, piece: str) -> None:
    for word in re.findall(r"[a-z]+", piece):
        if re.fullmatch(NOUN, word) and d.facts.only:
            d.row_nouns.add(word)


def _share(d: Draft, part: list[Predicate], text: str) -> str:

    predicate = conjunction(part)
    assert predicate is not None
    d.share = True
    d.understood.append(text)
    return d.new_m(MeasureDraft(share_of(d, predicate), text))


@SHARES.rule(
    r"(?:as )?%(?:of )?(?:Σ|total|overall|whole|grand total|{t}|{m})+",
    r"(?:by |as |按|以|用)*%(?:显示|表示|展示|呢)?",
    r"%(?={m})",
    r"(?<={m})%",
    r"(?:in|as) ?%",
    r"%(?:of)?(?=\||$)",
)
def share_of_total(d: Draft, m: re.Match[str]) -> str | None:
    """ "as a share of the total", "share of revenue by region"."""
    written = re.search(r"(?:\bin|\bas) ?$", d.code.text[: m.start()] + m[0].rstrip("%"))
    if written and d.measures() and not d.groups:
        return "|"  # "churn rate in %": how the number is written
    if written and any(getattr(x.expr, "function", "") == "avg" for x in d.measures()):
        return "|"
    measure = next((c for c in m[0] if "\ued00" <= c < "\uee00"), "")
    table = next((c for c in m[0] if "\ue600" <= c < "\ue700"), "")
    if d.window in {"change", "percent_change"}:
        d.window = "percent_change"
    else:
        d.window = "share" if d.window == "none" else d.window
    d.understood.append(d.span(m))
    if not table and not measure and d.groups and not d.measures() and not d.has_context:
        return d.new_m(MeasureDraft(d.count(), d.span(m), table=d.base))
    if table and not measure:
        return d.new_m(MeasureDraft(d.count(), d.span(m), table=d.value(table) or d.base))
    return measure or "|"
