"""Grammar: groups, bins, sorting, top-N and superlatives, shares."""

from __future__ import annotations

import re

from llmauto_agent.planner.dates import DateLiteral
from llmauto_agent.planner.read_dates import date_column, date_words, grain_group, is_grain, word_group
from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Rank, Refusal, Subject
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import NOUN, ROW_NOUNS, Stage
from llmauto_agent.planner.read_measures import share_of
from llmauto_tools.plan.model import Expr, NumberBucket, Predicate

GROUPS = Stage()
ORDER = Stage()
SHARES = Stage()

_DATE_WORDS = r"(?:day of the week|day of week|month of the year|weekdays?|years?|quarters?|months?|weeks?|days?|hours?|date|星期几?|周几|小时|月份|年份|年|季度|月|周|天|日)"
_LIST = r"(?: ?, ?and | ?, ?| and | & | plus |and |and|和|与|及|以及|、|，|再按)+"
_ITEM = rf"(?:{{c}}|{{t}}|{{d}}|{_DATE_WORDS}(?![a-z一-鿿]))"


# ---- bins


@GROUPS.rule(
    r"⊞?({x})(?: ?(?:distribution|histogram))? ?(?:in|⊞)? ?({n})[- ]?(?:year|point|unit|wide|dollar)?s?[- ]? ?(?:bins?|steps?|groups?|buckets?|bands?|intervals?|brackets|ranges)",
    r"⊞?({x})(?:,|⊞| )*(?:in )?(?:bins?|steps|groups?|buckets?|bands?|intervals?|brackets|ranges)(?: ?of)?(?: ?(?:size|width))? ?({n})",
    r"(?:⊞)?({n})[- ]?(?:wide |year |point |unit )?(?:[a-z]+ )?({x}) ?(?:bins?|groups?|buckets?|bands?|brackets)",
    r"(?:⊞)?({n})[- ](?:year|point)[- ]?({x}) ?(?:bins?|groups?|buckets?|bands?|brackets)",
    r"⊞?({x})(?:⊞|每)({n})(?:为)?(?:一)?(?:档|组|段|区间|个区间|个段)?",
    r"⊞({n})(?:一?[档组段])({x})",
    r"⊞({x}),?(?:以)({n})(?:为)?(?:间隔|单位|一组|一档|步长)",
)
def bins(d: Draft, m: re.Match[str]) -> str | None:
    char, width = (m[1], m[2]) if d.code.slot(m[2]).kind == "n" else (m[2], m[1])
    size = float(d.value(width).value)
    if size <= 0:
        return None
    d.groups.append(NumberBucket(width=size, argument=d.expr(char)))
    return d.note(m)


@GROUPS.rule(r"⊞?({x})?⊞? ?(?:in )?(?:decades?|年代|每十年|十年)(?:of)?({x})?(?: ?\([^)]*\))?(?:分组?)?")
def decades(d: Draft, m: re.Match[str]) -> str | None:
    char = m[1] or m[2]
    col = d.col(char) if char else d.facts.year(d.base)
    if col is None or col.family != "number":
        date = date_column(d)
        if date is None:
            return None
        from llmauto_tools.plan.model import DatePart

        d.groups.append(NumberBucket(width=10, argument=DatePart(part="year", argument=date.ref)))
        return d.note(m)
    d.groups.append(NumberBucket(width=10, argument=col.ref))
    return d.note(m)


# ---- groups


@GROUPS.rule(
    rf"(?:and |then |再)?⊞(?:(?:different|level of|type of|kind of|combinations? of|country of|each of|of|number of|#) ?)?({_ITEM}(?:{_LIST}⊞?(?:number of|country of|#)? ?{_ITEM})*)(?: ?(?:levels?|types?|groups?|airports?|city|cities|names?|codes?|category|categories|kinds?|class|status|countries|country)(?![a-z])|组合|组|分组|统计|分类|分|汇总|来看|看|拆分|细分|显示)?"
)
def group(d: Draft, m: re.Match[str]) -> str | None:
    if _is_sort_target(d, m):
        return None
    whole = re.search(r"\bacross\b|\bof all\b|\bfor all\b", d.code.words(m.start(), m.start(1)))
    if whole and m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t" and len(m[1]) == 1:
        return d.note(m)  # "across all counties": the whole table
    agent = m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t"
    if agent and re.search(r"[a-z]ed$", d.code.text[: m.start()].rstrip()):
        return m[1]  # "requested by entrepreneurs": who did it, not what to group by
    found = [_group_item(d, piece) for piece in re.findall(_macro(_ITEM), m[1])]
    if None in found:
        alone = len(found) == 1 and m[1] > "\ue000" and d.code.slot(m[1][0]).kind == "t"
        return d.note(m) if alone and "μ" not in d.code.text and _averages(d) else None
    for expr in found:
        if expr is not None and expr not in d.groups:
            d.groups.append(expr)
    return d.note(m)


def _averages(d: Draft) -> bool:
    """Whether an average was asked, for which "per row" says nothing more."""
    return any(getattr(measure.expr, "function", None) == "avg" for measure in d.measures())


def _macro(source: str) -> str:
    from llmauto_agent.planner.read_code import pattern

    return pattern(source).pattern


def _is_sort_target(d: Draft, m: re.Match[str]) -> bool:
    """ "sorted by price", "top 5 products by price": the column orders, it does not group."""
    before = d.code.text[: m.start()]
    if before.endswith("⇅"):
        return True
    after = d.code.text[m.end() :]
    if d.language == "zh" and re.match(r"(?:⇓|⇑|⇅|排)", after):
        return True
    char = m[1][0]
    if char > "\ue000" and d.code.slot(char).kind == "cn":
        col = d.col(char)
        ranked = re.search(r"[⊤⊥]", before)
        return bool(ranked and col and not d.facts.discrete(col)) or bool(
            ranked and col and d.facts.additive(col)
        )
    return False


def _group_item(d: Draft, piece: str) -> Expr | None:
    if len(piece) > 1 or not piece > "\ue000":
        return word_group(d, piece)
    slot = d.code.slot(piece)
    if slot.kind == "t":
        if (slot.value or d.base) == d.base and d.facts.only is not None:
            return None  # "per passenger" is every row: no groups
        label = d.facts.label(slot.value or d.base)
        return label.ref if label else None
    if isinstance(slot.value, DateLiteral):
        return grain_group(d, slot.value) if is_grain(slot.value) else None
    col: Col = slot.value
    return d.facts.named(col).ref


@GROUPS.rule(r"(?:⊞)?({d})")
def grain(d: Draft, m: re.Match[str]) -> str | None:
    literal: DateLiteral = d.value(m[1])
    if not is_grain(literal):
        return None
    expr = grain_group(d, literal)
    if expr is None:
        raise Refusal([literal.text], reason="no_date")
    if expr not in d.groups:
        d.groups.append(expr)
    return d.note(m)


# ---- sorting


@ORDER.rule(
    r"(?:⇅|⊞)+(?:⊞)? ?({m}|{x}|{c}|{t})? ?([⇓⇑])",
    r"⇅⊞?({m}|{x}|{c})()",
    r"⊞({m})()(?:⇅|排)",
    r"⊞({m}|{x}|{c})(?:⇅|排)?([⇓⇑])",
    language="",
)
def sort_by(d: Draft, m: re.Match[str]) -> str | None:
    target = _target(d, m[1]) if m[1] else None
    descending = m[2] != "⇑" if m[2] else not (m[1] and d.code.slot(m[1]).kind in {"ct", "cd"})
    d.sort.append((target, descending))
    keep = m[1] if m[1] and d.code.slot(m[1]).kind == "m" else ""
    d.understood.append(d.span(m))
    return keep or "|"


@ORDER.rule(
    r"(?:sorted |ordered |order |in )?([⇓⇑])(?:排|order)?",
    r"(⇅)(?:⊞)?(?:size|value|amount|it|count)?(?=$|\||,)",
)
def sort_plain(d: Draft, m: re.Match[str]) -> str | None:
    d.sort.append((None, m[1] != "⇑"))
    return d.note(m)


def _target(d: Draft, char: str) -> Expr | None:
    slot = d.code.slot(char)
    if slot.kind == "m":
        return slot.value.expr  # type: ignore[no-any-return]
    return d.expr(char) if slot.kind != "t" else None


# ---- superlatives and top-N

_SUBJECT = rf"(?:{{c}}|{{t}}|{NOUN}|{_DATE_WORDS})"
_WHICH = r"(?:which|what(?: is| are| was| were)?|name|list|show(?: me)?|give(?: me)?|find|哪(?:一)?(?:个|些|种|位|家|名|款|座|条|天|年|月|支|辆|颗)?|什么)"


@ORDER.rule(
    rf"(?<![a-z])(?:which|what|on which|in which|for which|哪(?:一)?(?:个|些|种|位|家|名|款|座|条|支|辆|颗|几个)?|什么) ?({{n}})?(?:of )?({_SUBJECT})(?=[^|]*[⊤⊥])"
)
def which_subject(d: Draft, m: re.Match[str]) -> str | None:
    if d.subject is not None:
        return None
    subject = _subject(d, m[2])
    if subject is None:
        return None
    d.subject = subject
    if m[1]:
        d.limit = int(d.value(m[1]).value)
    d.understood.append(d.span(m))
    return " "


@ORDER.rule(r"(?<![a-z])(?:who|whose|谁)(?=[^|]*[⊤⊥])")
def who(d: Draft, m: re.Match[str]) -> str | None:
    d.subject = d.subject or Subject(table=d.base)
    return " "


@ORDER.rule(
    rf"[⊤⊥]? ?({{n}})? ?({_SUBJECT})(?: that| which)?(?: ?(?:with|having|has|have|had|by|whose|paid|of))+ ?([⊤⊥])"
)
def subject_with(d: Draft, m: re.Match[str]) -> str | None:
    if d.subject is not None and not (m[1] and d.subject.col is None):
        return None
    subject = _subject(d, m[2])
    if subject is None:
        return None
    d.subject = subject
    if m[1]:
        d.limit = int(d.value(m[1]).value)
    d.understood.append(d.code.words(m.start(), m.start(3)))
    return m[3]


def _subject(d: Draft, piece: str) -> Subject | None:
    if len(piece) == 1 and piece > "\ue000":
        slot = d.code.slot(piece)
        if slot.kind == "t":
            return Subject(table=slot.value or d.base)
        col: Col = slot.value
        if d.facts.is_key(col):
            return Subject(table=col.table)
        if d.facts.binary(col) is not None and (yes := d.facts.yes(col)) is not None and col.family != "text":
            d.code.append(d.new_f(yes, slot.text), 0, 0)  # "the oldest survivor": a row that says yes
            return Subject(table=col.table)
        if col.family == "number" and not d.facts.discrete(col):
            return None
        return Subject(col=col, table=col.table)
    if date_words(piece):
        expr = word_group(d, piece)
        if expr is None:
            return None
        return Subject(table=d.base) if _row_dates(d, piece) else Subject(expr=expr)
    return _row_noun(d, piece)


def _row_dates(d: Draft, word: str) -> bool:
    """Whether "day" names the rows: a table with one row a day."""
    return date_words(word) == ("bucket", "day")


_NOT_ROWS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "does",
        "do",
        "did",
        "has",
        "have",
        "had",
        "can",
        "will",
        "would",
        "one",
        "of",
        "the",
        "ones",
        "paid",
        "with",
        "by",
        "most",
        "in",
        "on",
        "at",
        "for",
        "from",
        "to",
    ]
)


def _row_noun(d: Draft, word: str) -> Subject | None:
    if word in _NOT_ROWS or d.facts.only is None:
        return None
    known = word in ROW_NOUNS or ROW_NOUNS & {word + "s", word.removesuffix("s")}
    if d.language == "en" and not known and not d.facts.names_rows(word, d.base):
        return None
    d.row_nouns.add(word)
    return Subject(table=d.base)


@ORDER.rule(
    r"(?<![a-z])(?:when|at what time|on what date|on which date)(?: ?(?:was|were|is|did|had|has)(?![a-z]))*(?=[^|]*[⊤⊥])|(?:什么时候|何时|哪天|哪一天)(?=[^|]*[⊤⊥])"
)
def when(d: Draft, m: re.Match[str]) -> str | None:
    """ "when was it most expensive": the date of that row."""
    from llmauto_agent.planner.read_dates import date_column

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


@ORDER.rule(r"([⊤⊥])({x})({f})")
def adjective_of_value(d: Draft, m: re.Match[str]) -> str | None:
    """ "most expensive beverage": a row among those with the value."""
    if d.rank is not None or not re.search(r"est$|^(?:the )?(?:most|least)|最", d.text(m[2]).strip()):
        return None
    d.subject = d.subject or Subject(table=d.base)
    d.rank = _rank(d, m[1], None, d.expr(m[2]), d.span(m))
    return m[3]


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
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?(#)?({{x}}|{{cd}})({_SUBJECT})(?!{{n}})",  # 5 most expensive diamonds
    r"({x}|{m})(?:为|是|排(?:在|名))?(⊤|⊥)({n})?(?:个|名|位|家|种|笔|单|条|张|颗|辆|部|首|座|款|件|天|年|人)?()()({c}|{t}|[一-鿿]{1,3}(?=$|[,|]))?",
)
def rank_subject(d: Draft, m: re.Match[str]) -> str | None:
    zh = not m[5]  # the pattern of Chinese word order, where the criterion comes first
    by_char = m[1] if zh else m[5]
    number = m[3] if zh else (m[1] or m[3])
    piece = m[6]
    if by_char is None or d.rank is not None:
        return None
    subject = _subject(d, piece) if piece else d.subject
    if piece and subject is None:
        if len(piece) == 1 and piece > "\ue000":
            return None
        piece = None
    slot = d.code.slot(by_char)
    by = slot.value if slot.kind == "m" else d.expr(by_char)
    if subject is None and number is None and slot.kind != "m" and not zh:
        return None
    if piece:
        d.subject = subject
    d.rank = _rank(d, m[2], number, by, d.span(m))
    d.understood.append(d.span(m))
    return (by_char if slot.kind == "m" else "") + "|"


@ORDER.rule(rf"({{n}})? ?(⊤|⊥)({{n}})? ?#({_SUBJECT})?")
def rank_count(d: Draft, m: re.Match[str]) -> str | None:
    """ "most common species": the groups with the most rows."""
    if d.rank is not None:
        return None
    if m[4]:
        subject = _subject(d, m[4])
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
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?({_SUBJECT}) ?(?:⊞|in terms of|according to|ranked|with|having|measured|for|in|按|以)+ ?(⊤|⊥)?({{m}}|{{x}})"
)
def top_by(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 5 products by revenue"."""
    subject = _subject(d, m[4])
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
    rf"({{n}})? ?(⊤|⊥) ?({{n}})? ?({_SUBJECT})?",
    r"(?:排名)?()(?:前|头)()({n})(?:名|位|个|家|种|大|条|款)?({c}|{t})?",
)
def rank_bare(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 5 products": by what is decided by the measures, or by the number of rows."""
    if d.rank is not None:
        return None
    if m[4]:
        subject = _subject(d, m[4])
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
    rf"(?<![a-z])(?:in |on |for )?(?:which|what|哪(?:几)?(?:一)?(?:个|些|种|位|家|名|款|座|条)?) ?({_SUBJECT})"
)
def which_groups(d: Draft, m: re.Match[str]) -> str | None:
    """ "which months had more than 30 orders": a condition on groups, the groups asked for."""
    if not d.having or d.groups or d.rank is not None:
        return None
    subject = _subject(d, m[1])
    expr = subject.col.ref if subject and subject.col else subject.expr if subject else None
    if expr is None:
        return None
    d.groups.append(expr)
    return d.note(m)


# ---- shares

_AMONG = r"(?:among|amongst|out of|within|中|里|当中|之中)"


@SHARES.rule(
    rf"%((?:{{f}}| |[a-z']+|{{t}}|[|])*?)((?:{{f}}(?: ?(?:and|,|who|that|were|are|also)* ?))+)(?:{_AMONG}((?:{{f}}|{{t}}|{NOUN}| )+))?",
    language="en",
)
def share(d: Draft, m: re.Match[str]) -> str | None:
    """ "what share of A did B": rows with B among the rows with A."""
    if d.share:
        return None
    rest = _filters(d, m[3] or "")
    lead = _filters(d, m[1])
    tail = _filters(d, m[2])
    nouns = re.search(rf"{_mac('{t}')}|[a-z]", m[1])
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


def _mac(source: str) -> str:
    return _macro(source)


def _filters(d: Draft, piece: str) -> list[Predicate]:
    return [s.value for s in d.code.slots_in(piece) if s.kind == "f"]


def _note_nouns(d: Draft, piece: str) -> None:
    for word in re.findall(r"[a-z]+", piece):
        if re.fullmatch(NOUN, word) and d.facts.only:
            d.row_nouns.add(word)


def _share(d: Draft, part: list[Predicate], text: str) -> str:
    from llmauto_agent.planner.read_filters import conjunction

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
    if re.fullmatch(r"(?:in|as) ?%", m[0]) and d.measures() and not d.groups:
        return "|"  # "churn rate in %": how the number is written
    if re.fullmatch(r"(?:in|as) ?%", m[0]) and any(
        getattr(x.expr, "function", "") == "avg" for x in d.measures()
    ):
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
