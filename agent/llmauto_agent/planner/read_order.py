"""Grammar: sorting, top-N and superlatives."""

from __future__ import annotations

import re

from llmauto_agent.planner.harmless import verbs
from llmauto_agent.planner.read_dates import (
    date_column,
)
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Rank, Subject
from llmauto_agent.planner.read_grammar import Stage
from llmauto_agent.planner.read_parts import loose
from llmauto_agent.planner.read_subject import SUBJECT, subject_of
from llmauto_tools.plan.model import Expr

ORDER = Stage()


# ---- sorting


@ORDER.rule(
    r"(?:⇅|⊞)+(?:⊞)? ?({m}|{x}|{c}|{t})? ?,? ?([⇓⇑])",
    r"⇅⊞?({m}|{x}|{c})()",
    r"⊞({m})()(?:⇅|排)",
    r"⊞({m}|{x}|{c})(?:⇅|排)?([⇓⇑])",
    language="",
)
def sort_by(d: Draft, m: re.Match[str]) -> str | None:
    target = _target(d, m[1]) if m[1] else None
    descending = m[2] != "⇑" if m[2] else not (m[1] and d.code.slot(m[1]).kind in {"ct", "cd"})
    d.sort.append((target, descending))
    if re.search(r"\b(?:oldest|youngest) first", d.span(m).casefold()) and m[1] and _is_age(d, m[1]):
        d.sort[-1] = (target, "oldest" in d.span(m).casefold())
    keep = m[1] if m[1] and d.code.slot(m[1]).kind == "m" else ""
    d.understood.append(d.span(m))
    return keep or "|"


@ORDER.rule(
    r"(?:sorted |ordered |order |in )?([⇓⇑])(?:排|order)?",
    r"(⇅)(?:⊞)?(?:size|value|amount|it|count)?(?=$|\||,| and| then)",
)
def sort_plain(d: Draft, m: re.Match[str]) -> str | None:
    d.sort.append((None, m[1] != "⇑"))
    return d.note(m)


def _is_age(d: Draft, char: str) -> bool:
    col = d.col(char)
    return col is not None and bool(re.search(r"(?:^|_)age(?:_|$)|年龄", col.name.casefold()))


def _target(d: Draft, char: str) -> Expr | None:
    slot = d.code.slot(char)
    if slot.kind == "m":
        return slot.value.expr  # type: ignore[no-any-return]
    return d.expr(char) if slot.kind != "t" else None


# ---- superlatives and top-N


@ORDER.rule(
    rf"(?<![a-z])(?:which|what|on which|in which|for which|哪(?:一)?(?:个|些|种|位|家|名|款|座|条|支|辆|颗|几个)?|什么) ?({{n}})?(?:of )?({SUBJECT})(?=[^|]*[⊤⊥])"
)
def which_subject(d: Draft, m: re.Match[str]) -> str | None:
    if d.subject is not None:
        return None
    subject = subject_of(d, m[2])
    if subject is None:
        return None
    d.subject = subject
    if m[1]:
        d.limit = int(d.value(m[1]).value)
    d.understood.append(d.span(m))
    return " "


@ORDER.rule(
    r"(?<=[⊤⊥])([^|⊤⊥]*?)(?:的)?(?:是)(?:哪一?(?:个|套|条|位|家|名|款|件|种|部|首|辆|本|台|天|次|笔|单)|谁|什么)(?:呢)?(?=$|[,|])",
    language="zh",
)
def which_row_zh(d: Draft, m: re.Match[str]) -> str | None:
    """最便宜的房子是哪套: the row."""
    d.subject = d.subject or Subject(table=d.base)
    return m[1] + "|"


@ORDER.rule(r"(?<![a-z])(?:who|whose|谁)(?=[^|]*[⊤⊥])")
def who(d: Draft, m: re.Match[str]) -> str | None:
    d.subject = d.subject or Subject(table=d.base)
    return " "


@ORDER.rule(
    rf"[⊤⊥]? ?({{n}})? ?({SUBJECT})(?: that| which)?(?: ?(?:with|having|has|have|had|by|whose|paid|of))+ ?([⊤⊥])"
)
def subject_with(d: Draft, m: re.Match[str]) -> str | None:
    if d.subject is not None and not (m[1] and d.subject.col is None):
        return None
    subject = subject_of(d, m[2])
    if subject is None:
        return None
    d.subject = subject
    if m[1]:
        d.limit = int(d.value(m[1]).value)
    d.understood.append(d.code.words(m.start(), m.start(3)))
    return m[3]


@ORDER.rule(
    r"(?<![a-z])(?:when|at what time|on what date|on which date)(?: ?(?:was|were|is|did|had|has)(?![a-z]))*(?=[^|]*[⊤⊥])|(?:什么时候|何时|哪天|哪一天)(?=[^|]*[⊤⊥])"
)
def when(d: Draft, m: re.Match[str]) -> str | None:
    """ "when was it most expensive": the date of that row."""

    col = date_column(d) or d.facts.year(d.base)
    if col is None:
        return None
    d.subject, d.when = Subject(table=col.table), True
    return d.code.new("cd" if col.family == "date" else "cn", col, d.span(m))


@ORDER.rule(r"([⊤⊥])({cd})({x})(?![⊤⊥])")
def newest_value(d: Draft, m: re.Match[str]) -> str | None:
    """ "latest price": the price of the newest row."""
    if d.rank is not None:
        return None
    d.rank = _rank(d, m[1], None, d.expr(m[2]), d.span(m))
    return m[3]


@ORDER.rule(r"({n})? ?([⊤⊥])({x})({f})")
def adjective_of_value(d: Draft, m: re.Match[str]) -> str | None:
    """ "most expensive beverage": a row among those with the value."""
    if d.rank is not None or not re.search(r"est$|^(?:the )?(?:most|least)|最", d.text(m[3]).strip()):
        return None
    d.subject = d.subject or Subject(table=d.base)
    d.rank = _rank(d, m[2], m[1], d.expr(m[3]), d.span(m))
    return m[4]


@ORDER.rule(r"([⊤⊥])({x}|{cd})({n})")
def number_first(d: Draft, m: re.Match[str]) -> str | None:
    """ "heaviest 5 cars" reads like "5 heaviest cars"."""
    return m[3] + m[1] + m[2] if d.value(m[3]).kind == "number" else None


@ORDER.rule(
    r"(?<![a-z])(?:[a-z]+(?:ed|s)|made|sold|won|has|have|had|got|took|bring)(?: (?:in|up|out|on|at))? ?(?=[⊤⊥])",
    language="en",
)
def verb_before_most(d: Draft, m: re.Match[str]) -> str | None:
    """In "which employee handled the most orders", the verb only links the two."""
    return " " if d.subject is not None else None


@ORDER.rule(
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?(#)?({{x}}|{{cd}})({SUBJECT})(?!{{n}})",  # 5 most expensive diamonds
    r"({x}|{m})(?:为|是|排(?:在|名))?(⊤|⊥)({n})?(?:个|名|位|家|种|笔|单|条|张|颗|辆|部|首|座|款|件|天|年|人)?()()({c}|{t}|[一-鿿]{1,3}(?=$|[,|]))?",
)
def rank_subject(d: Draft, m: re.Match[str]) -> str | None:
    zh = not m[5]  # the pattern of Chinese word order, where the criterion comes first
    by_char = m[1] if zh else m[5]
    number = m[3] if zh else (m[1] or m[3])
    piece = m[6]
    if by_char is None or d.rank is not None:
        return None
    subject = subject_of(d, piece) if piece else d.subject
    if piece and subject is None:
        if len(piece) == 1 and piece > "\ue000":
            return None
        piece = None
    slot = d.code.slot(by_char)
    by = slot.value if slot.kind == "m" else d.expr(by_char)
    if subject is None and number is None and slot.kind != "m" and not zh:
        return None
    other = subject.col if subject else None
    kept = d.subject is not None and d.subject.col is not None and d.subject.col != other
    if piece and not kept:
        d.subject = subject
    d.rank = _rank(d, m[2], number, by, d.span(m))
    d.understood.append(d.span(m))
    return (by_char if slot.kind == "m" else "") + "|"


@ORDER.rule(rf"({{n}})? ?(⊤|⊥)({{n}})? ?#({SUBJECT})?")
def rank_count(d: Draft, m: re.Match[str]) -> str | None:
    """ "most common species": the groups with the most rows."""
    if d.rank is not None:
        return None
    if m[4]:
        subject = subject_of(d, m[4])
        if subject is None:
            return None
        if re.search(r"\b(?:number|count|amount)\b|数", d.span(m)):
            if subject.table is None or d.subject is None:
                return None
            by = MeasureDraft(d.count(), d.span(m), table=subject.table)
            d.rank = _rank(d, m[2], m[1] or m[3], by, d.span(m))
            return d.note(m)
        d.subject = subject
    d.rank = _rank(d, m[2], m[1] or m[3], None, d.span(m))
    d.rank.counting = True
    return d.note(m)


@ORDER.rule(
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?({SUBJECT}) ?(?:⊞|in terms of|according to|ranked|with|having|measured|for|in|按|以)+ ?(⊤|⊥)?({{m}}|{{x}})"
)
def top_by(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 5 products by revenue"."""
    subject = subject_of(d, m[4])
    if subject is None or d.rank is not None:
        return None
    slot = d.code.slot(m[6])
    d.subject = subject
    d.rank = _rank(d, m[2], m[1] or m[3], slot.value if slot.kind == "m" else d.expr(m[6]), d.span(m))
    d.understood.append(d.span(m))
    return m[6] if slot.kind == "m" else "|"


@ORDER.rule(r"({n})? ?(⊤|⊥) ?({n})?({m}|{x}|{cd}|{t})", r"({x}|{m}) ?(⊤|⊥)()()")
def rank_plain(d: Draft, m: re.Match[str]) -> str | None:
    """ "highest fare", with or without a subject that was found before."""
    if d.rank is not None:
        return None
    char = m[4] or m[1]
    slot = d.code.slot(char)
    number = (m[1] or m[3]) if m[4] else None
    if slot.kind == "t":
        if d.subject is None:
            return None
        d.rank = _rank(
            d, m[2], number, MeasureDraft(d.count(), d.span(m), table=slot.value or d.base), d.span(m)
        )
        return d.note(m)
    by = slot.value if slot.kind == "m" else d.expr(char)
    if d.subject is None and slot.kind != "m" and number is None:
        from llmauto_agent.planner.read_measures import measure

        return measure(d, "↑" if m[2] == "⊤" else "↓", char, d.span(m))
    d.rank = _rank(d, m[2], number, by, d.span(m))
    d.understood.append(d.span(m))
    return char if slot.kind == "m" else "|"


@ORDER.rule(
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?({SUBJECT})?",
    r"(?:排名)?()(?:前|头)()({n})(?:名|位|个|家|种|大|条|款)?({c}|{t})?",
)
def rank_bare(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 5 products": by what is decided by the measures, or by the number of rows."""
    if d.rank is not None:
        return None
    if m[4]:
        subject = subject_of(d, m[4])
        if subject is None:
            return None
        d.subject = subject
    if not (m[1] or m[3] or d.subject):
        return None
    d.rank = _rank(d, m[2] or "⊤", m[1] or m[3], None, d.span(m))
    return d.note(m)


def _rank(d: Draft, symbol: str, number: str | None, by: Expr | MeasureDraft | None, text: str) -> Rank:
    count, skip = None, 0
    if number:
        literal = d.value(number)
        if literal.kind == "ordinal":
            count, skip = 1, int(literal.value) - 1
        else:
            count = int(literal.value)
    elif d.limit is not None:
        count, d.limit = d.limit, None
    return Rank(symbol == "⊤", count, skip, by, text=text)


@ORDER.rule(r"(?<![a-z])(?:([a-z]+)|{cd}) ?⊤(?=$|[|,])", language="en")
def done_most(d: Draft, m: re.Match[str]) -> str | None:
    """ "which genre is borrowed the most": by the number of rows."""
    if d.rank is not None or d.subject is None or d.subject.col is None or (loose(d) and m[1]):
        return None
    if m[1] and (m[1] not in verbs() or m[1] in {"cost", "costs", "earn", "earns", "weigh", "weighs"}):
        return None
    d.rank = _rank(d, "⊤", None, None, d.span(m))
    d.rank.counting = True
    return d.note(m)


@ORDER.rule(r"⊞({m}|{x})")
def rank_by(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 3 products per category by units": what was ranked by, said last."""
    if d.rank is None or d.rank.by is not None or d.rank.counting:
        return None
    slot = d.code.slot(m[1])
    d.rank.by = slot.value if slot.kind == "m" else d.expr(m[1])
    d.understood.append(d.span(m))
    return m[1] if slot.kind == "m" else "|"


@ORDER.rule(r"⊞#([⇓⇑])")
def sort_by_count(d: Draft, m: re.Match[str]) -> str | None:
    d.sort.append((None, m[1] == "⇓"))
    return d.note(m)


@ORDER.rule(
    rf"(?<![a-z])(?:in |on |for )?(?:which|what|哪(?:几)?(?:一)?(?:个|些|种|位|家|名|款|座|条)?) ?({SUBJECT})"
)
def which_groups(d: Draft, m: re.Match[str]) -> str | None:
    """ "which months had more than 30 orders": a condition on groups, the groups asked for."""
    if not d.having or d.groups or d.rank is not None:
        return None
    subject = subject_of(d, m[1])
    expr = subject.col.ref if subject and subject.col else subject.expr if subject else None
    if expr is None:
        return None
    d.groups.append(expr)
    return d.note(m)
