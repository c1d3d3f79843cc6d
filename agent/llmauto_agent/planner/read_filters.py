"""Grammar: comparisons, ranges, nulls, texts and values become filters."""

from __future__ import annotations

import re

from llmauto_agent.planner.dates import DateLiteral
from llmauto_agent.planner.harmless import verbs
from llmauto_agent.planner.literals import NumberLiteral
from llmauto_agent.planner.read_draft import Draft, MeasureDraft
from llmauto_agent.planner.read_facts import Col
from llmauto_agent.planner.read_grammar import NOUN, Stage
from llmauto_agent.planner.read_lexicon import COMPARISONS
from llmauto_agent.planner.words import root, split_name
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    Between,
    ColumnRef,
    Compare,
    Expr,
    Literal_,
    Measure,
    Plan,
    ScalarQuery,
)

NORMALISE = Stage()
FILTERS = Stage()

_CMP = "[≻⪰≺⪯≈≠]"
IS = r"(?: ?(?:(?<![a-z])(?:is|was|are|were|of|at|be|being|that is|which is|costs?|had|has|have|value|values|equal to|with|a)(?![a-z])|=|:|为|是|在|达到了?|达))*"
_UNIT_WORDS = (
    r"years? old|years? of age|year-olds?|years?|dollars?|bucks|usd|eur|euros?|pounds?|lbs?|kgs?|kilos?|kilograms?|grams?|g|mm"
    r"|cm|km|kilomet(?:er|re)s?|miles?|minutes?|mins?|hours?|hrs?|seconds?|secs?|met(?:er|re)s?|degrees?|points?|stars?|inches|square ?(?:met(?:er|re)s?|feet|foot)|sq\.? ?(?:m|ft)\.?|sqm|sqft|m2|m²|feet|ft|units?|(?:a|per|each) (?:month|year|week|day|night)"
)
_UNIT_ZH = r"平方米|平米|平|岁|万?元|块钱?|美元|分钟|小时|秒|公斤|千克|克|斤|磅|公里|千米|毫米|厘米|米|度|分|件|个|单|人"
_FACTORS = {
    "ms": 0.001,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "mo": 2629800.0,
    "y": 31557600.0,
}
_TIME = [
    ("ms", r"milliseconds?|^ms$|_ms$"), ("s", r"seconds?|secs?|秒"), ("min", r"minutes?|^mins?$|_mins?$| mins?$|分钟"), ("h", r"hours?|hrs?|小时"),
    ("d", r"days?|天"), ("w", r"weeks?|周"), ("mo", r"months?|月"), ("y", r"years?|^age$|年|岁"),
]  # fmt: skip


def time_unit(text: str) -> str | None:
    return next((name for name, source in _TIME if re.search(source, text, re.IGNORECASE)), None)


@NORMALISE.rule(r"({n})([⪰⪯])(?!{n})")
def postfix(d: Draft, m: re.Match[str]) -> str | None:
    return m[2] + m[1]


@NORMALISE.rule(r"({n})≺(?!{n})", language="zh")
def below_zh(d: Draft, m: re.Match[str]) -> str | None:
    return "≺" + m[1]


@NORMALISE.rule(rf"({{n}}) ?(?:{_UNIT_WORDS})(?![a-z])", rf"({{n}})(?:{_UNIT_ZH})(?!{{any}}*率)")
def unit(d: Draft, m: re.Match[str]) -> str | None:
    """A unit after a number stays with the number, for the conversion to the column's unit."""
    literal: NumberLiteral = d.value(m[1])
    return d.code.new("n", literal, d.span(m))


@NORMALISE.rule(rf"({_CMP})({{d}})")
def year_number(d: Draft, m: re.Match[str]) -> str | None:
    """ "more than 2000": a lone year behind a comparison is a number."""
    literal: DateLiteral = d.value(m[2])
    digits = literal.text.strip()
    if (
        literal.kind != "period"
        or not digits.isdigit()
        or re.search(r"date|later|newer|earlier|晚|早", d.span(m))
    ):
        return None
    number = NumberLiteral(int(digits), "number", literal.start, literal.end, digits)
    return m[1] + d.code.new("n", number, digits)


@NORMALISE.rule(r"[⊤⊥] ?({n}) ?(?=[⊤⊥])")
def top_of_superlative(d: Draft, m: re.Match[str]) -> str | None:
    """ "top 5 most expensive houses": the 5 most expensive ones."""
    return m[1]


@NORMALISE.rule(r"([⊤⊥]) ?({cd})(?![≻≺])")
def most_done(d: Draft, m: re.Match[str]) -> str | None:
    """ "most borrowed": by how often the event of that date occurred."""
    text = d.text(m[2]).casefold()
    verbal = text.endswith("ed") and text in verbs() and "most" in d.code.words(m.start(), m.end()).casefold()
    return m[1] + "#" if verbal else None


@NORMALISE.rule(r"(?<=[⊤⊥Σμ]) ?money ?(?={cn})", language="en")
def money_of(d: Draft, m: re.Match[str]) -> str | None:
    """ "made the most money worldwide": the column says which."""
    return ""


@NORMALISE.rule(r"# ?(?=[#‡])")
def counted_once(d: Draft, m: re.Match[str]) -> str | None:
    """ "count the number of ..."."""
    return ""


@NORMALISE.rule(r"(?<![a-z])ids?(?![a-z])(?: ?of ?({t}))?", r"({t}) ?(?:'s )?ids?(?![a-z])", language="en")
def key_of(d: Draft, m: re.Match[str]) -> str | None:
    """ "ids of the employees": the key column."""
    key = d.facts.key((d.value(m[1]) if m[1] else None) or d.base)
    return column_char(d, key) if key is not None else None


@NORMALISE.rule(r"⇅ ?({t}) ?⊞")
def sorted_rows(d: Draft, m: re.Match[str]) -> str | None:
    """ "sort the members by age": the rows, sorted."""
    return m[1] + "⇅"


@NORMALISE.rule(r"([≻⪰≺⪯]) ?(hour|minute|second|day|week|month|year|kilo|mile|kilometer|kilometre)(?![a-z])")
def one_unit(d: Draft, m: re.Match[str]) -> str | None:
    """ "longer than an hour": one hour."""
    literal = NumberLiteral(1, "number", 0, 0, "1")
    return m[1] + d.code.new("n", literal, f"1 {m[2]}")


@NORMALISE.rule(r"(?<=[≻⪰≺⪯])({n}) ?(?:each |every )?(?:month|year|week|day|night)(?![a-z])")
def per_period(d: Draft, m: re.Match[str]) -> str | None:
    """ "pay more than 20 a month": what is paid is by the month already."""
    return m[1] if _SOLD.search(d.code.text[: m.start() - 1].rstrip()) else None


@NORMALISE.rule(r"({x}) ?({x})(?=[≻≺])")
def said_twice(d: Draft, m: re.Match[str]) -> str | None:
    """ "lasted longer than ...": both words name the same column."""
    return m[1] if d.col(m[1]) is not None and d.col(m[1]) == d.col(m[2]) else None


@NORMALISE.rule(r"([⊤⊥])(?:{x}|⟨[^⟩]*⟩)(?=[μηΣ]{x})")
def named_aggregate(d: Draft, m: re.Match[str]) -> str | None:
    """ "longest average stay": the average is what is compared."""
    return m[1]


@NORMALISE.rule(r"([⊤⊥≻≺])⟨[^⟩]*⟩({n})?({x})", r"([⊤⊥]){x}(){x}")
def named_adjective(d: Draft, m: re.Match[str]) -> str | None:
    """ "longest tenure", "cheapest fare": the column that is named is what is compared."""
    return f"{m[2] or ''}{m[1]}{m[0][-1]}"


@NORMALISE.rule(r"⟨[^⟩]*⟩(?=[≻≺]{n}{x})")
def named_measure(d: Draft, m: re.Match[str]) -> str | None:
    """ "heavier than 3 carats": the column behind the number is what is compared."""
    return ""


@NORMALISE.rule(r"[⊤⊥≻≺]?⟨([^⟩]*)⟩[≻≺]?")
def lost_adjective(d: Draft, m: re.Match[str]) -> str | None:
    """An adjective that measures nothing here is a word again; if nothing else explains it, it is missing."""
    return f" {m[1]} "


def number(d: Draft, char: str, target: Expr | None, col: Col | None) -> Literal_:
    """A number as a constant in the unit of the column it is compared with."""
    literal: NumberLiteral = d.value(char)
    value: float | int = literal.value
    if literal.kind == "percent" and (col is None or _is_fraction(d, col)):
        value = literal.fraction
    said = d.text(char)[len(literal.text) :].strip()
    if col is not None and (wanted := time_unit(said)) and (has := time_unit(col.name)) and wanted != has:
        value = value * _FACTORS[wanted] / _FACTORS[has]
        value = int(value) if float(value).is_integer() else value
    elif col is not None and said:
        value = converted(value, said, col)
    return Literal_(value=value)


def converted(value: float | int, said: str, col: Col) -> float | int:
    """A number said in one unit ("4.5 kg") in the unit that the column's name ends in (body_mass_g)."""
    from llmauto_agent.planner.read_numbers import conversion

    by = conversion(col, said)
    if by is None or by == 1:
        return value
    changed = value * by
    return int(changed) if float(changed).is_integer() else changed


def _is_fraction(d: Draft, col: Col) -> bool:
    known = d.facts.known(col)
    return bool(known and isinstance(known.high, (int, float)) and float(known.high) <= 1)


def _fits(d: Draft, char: str, col: Col | None) -> bool:
    """Whether a number with "years" suits the column: tenure may well be in months."""
    literal: NumberLiteral = d.value(char)
    unit = time_unit(d.text(char)[len(literal.text) :].strip())
    if col is None or unit is None or time_unit(col.name) is not None:
        return True
    if unit in {"y", "mo", "w", "d"}:
        return bool(re.search(r"age|old|year|day|龄|年|天", col.name, re.IGNORECASE))
    known = d.facts.known(col)
    high = known.high if known else None
    return not (isinstance(high, (int, float)) and unit in {"min", "h"} and high > 1440)


def compare(d: Draft, char: str, op: str, value: str, text: str) -> str | None:
    col = d.col(char)
    if (col is not None and col.family not in {"number", "text"}) or not _fits(d, value, col):
        return None
    if col is not None and col.family == "text":
        held = {str(v) for v in d.facts.values(col) or ()}
        said = d.value(value).text.strip()
        if op not in {"=", "!="} or said not in held:
            return None
        return d.new_f(Compare(op=op, left=col.ref, right=Literal_(value=said)), text)  # type: ignore[arg-type]
    if col is not None and d.facts.binary(col) is not None and d.value(value).value not in (0, 1):
        return None  # "under 16 survived": the number is of something else
    expr = d.expr(char)
    return d.new_f(Compare(op=op, left=expr, right=number(d, value, expr, col)), text)  # type: ignore[arg-type]


# ---- comparisons


BY_UNIT = r"(?<!{x})([≻⪰≺⪯])({n})(?!{x})"


@FILTERS.rule(rf"({{m}}){IS} ?({_CMP})({{n}})")
def having(d: Draft, m: re.Match[str]) -> str | None:
    measure: MeasureDraft = d.value(m[1])
    if re.search(r"degrees?|years? old|岁|度$", d.text(m[3])):
        return None  # the unit belongs to a column, not to a count
    d.having.append(
        Compare(op=COMPARISONS[m[2]], left=measure.expr, right=number(d, m[3], None, None))  # type: ignore[arg-type]
    )
    d.understood.append(d.span(m))
    return m[1]


@FILTERS.rule(rf"({{x}}){IS} ?({_CMP}) ?(?:μ({{x}})?|({{m}}))", rf"({_CMP})[- ]?μ({{x}})")
def versus_average(d: Draft, m: re.Match[str]) -> str | None:
    """ "price above average", "above-average price"."""
    first = m[1] if m[1] not in COMPARISONS else m[2]
    op = m[2] if m[1] not in COMPARISONS else m[1]
    col = d.col(first)
    if col is None or col.family != "number":
        return None
    expr: Expr = Aggregate(function="avg", argument=col.ref)
    if m.re.groups >= 4 and m[4]:
        expr = d.value(m[4]).expr
    query = ScalarQuery(plan=Plan(table=col.table, measures=(Measure(expr=expr),)))
    return d.new_f(Compare(op=COMPARISONS[op], left=col.ref, right=query), d.span(m))  # type: ignore[arg-type]


@FILTERS.rule(rf"(?<!{{x}})({_CMP}) ?({{m}})")
def above_its_average(d: Draft, m: re.Match[str]) -> str | None:
    """ "who earn more than the average salary": the averaged column is what is compared."""
    expr = d.value(m[2]).expr
    if not (
        isinstance(expr, Aggregate)
        and expr.function in {"avg", "median"}
        and isinstance(expr.argument, ColumnRef)
    ):
        return None
    table = expr.argument.table or d.base
    query = ScalarQuery(plan=Plan(table=table, measures=(Measure(expr=expr),)))
    return d.new_f(Compare(op=COMPARISONS[m[1]], left=expr.argument, right=query), d.span(m))  # type: ignore[arg-type]


@FILTERS.rule(
    rf"({{x}}){IS} ?(?:between|from|in range|⟷)? ?({{n}}) ?(?:and|to|-|–|through|~|到|至|和|与|—)+ ?({{n}})(?:之间|之内|inclusive)?"
)
def between(d: Draft, m: re.Match[str]) -> str | None:
    return _between(d, m[1], m[2], m[3], d.span(m))


@FILTERS.rule(
    r"(?:between|from|in range|介于|在)? ?({n}) ?(?:and|to|-|–|~|到|至|和|—)+ ?({n})(?:之间)?({x})",
)
def between_before(d: Draft, m: re.Match[str]) -> str | None:
    return _between(d, m[3], m[1], m[2], d.span(m))


def _between(d: Draft, char: str, low: str, high: str, text: str) -> str | None:
    col = d.col(char)
    if col is not None and col.family != "number":
        return None
    expr = d.expr(char)
    bounds = (number(d, low, expr, col), number(d, high, expr, col))
    return d.new_f(Between(argument=expr, low=bounds[0], high=bounds[1]), text)


@FILTERS.rule(rf"({{x}}){IS} ?({_CMP}) ?(?:of )?({{n}})(?! ?{{cn}})")
def comparison(d: Draft, m: re.Match[str]) -> str | None:
    return compare(d, m[1], COMPARISONS[m[2]], m[3], d.span(m))


@FILTERS.rule(rf"({_CMP})({{n}})({{x}})", rf"({_CMP})({{n}}) ?(?:in|of) ?({{x}})")
def comparison_before(d: Draft, m: re.Match[str]) -> str | None:
    return compare(d, m[3], COMPARISONS[m[1]], m[2], d.span(m))


@FILTERS.rule(rf"({{x}}){IS} ?({_CMP}) ?({{x}})")
def columns(d: Draft, m: re.Match[str]) -> str | None:
    left, right = d.expr(m[1]), d.expr(m[3])
    return d.new_f(Compare(op=COMPARISONS[m[2]], left=left, right=right), d.span(m))  # type: ignore[arg-type]


@FILTERS.rule(r"({n})-? ?({cn})")
def known_number(d: Draft, m: re.Match[str]) -> str | None:
    """ "4 cylinder cars": a number that the column holds."""
    col = d.col(m[2])
    value = d.value(m[1]).value
    if col is None or d.value(m[1]).kind == "ordinal" or value not in (d.facts.values(col) or ()):
        return None
    if re.search(r"[⊤⊥#]$", d.code.text[: m.start()]) or re.match("FLOAT|DOUBLE", col.column.dtype):
        return None
    return compare(d, m[2], "=", m[1], d.span(m))


@FILTERS.rule(r"({t}) ?(?:#|no\.?|number|id|号|编号)? ?({n})(?!{any})")
def by_key(d: Draft, m: re.Match[str]) -> str | None:
    """ "order 5100": the row with that key."""
    table = d.value(m[1]) or d.base
    key = d.facts.key(table)
    if key is None or key.family != "number" or d.value(m[2]).kind != "number":
        return None
    return m[1] + d.new_f(Compare(op="=", left=key.ref, right=number(d, m[2], None, key)), d.span(m))


@FILTERS.rule(
    rf"({{c}}){IS} ?({{n}})(?!{{x}})", r"(?:with|having|has|have|had|in) ?({n})({x})", r"({n})({cn})"
)
def equal(d: Draft, m: re.Match[str]) -> str | None:
    char, value = (m[1], m[2]) if d.code.slot(m[2]).kind == "n" else (m[2], m[1])
    literal: NumberLiteral = d.value(value)
    if m.re.pattern.startswith("([") and char == m[2] and literal.kind != "ordinal":
        return None  # "5 prices" is no filter, "3rd class" is one
    col = d.col(char)
    whole = col is not None and "INT" in col.column.dtype
    if col is None or (
        col.family == "number" and literal.kind == "ordinal" and not whole and not d.facts.discrete(col)
    ):
        return None
    return compare(d, char, "=", value, d.span(m))


_PEOPLE = re.compile(r"people|persons?|inhabitants|residents|citizens|人", re.IGNORECASE)


@FILTERS.rule(rf"({_CMP})({{n}}) ?{NOUN} ?(?:in|of|for|at|as) ?({{x}})")
def comparison_around(d: Draft, m: re.Match[str]) -> str | None:
    """ "more than 5,500 people in the crowd": of the column that is named behind."""
    return compare(d, m[3], COMPARISONS[m[1]], m[2], d.span(m))


@FILTERS.rule(rf"({_CMP})({{n}})(¤|{{t}}|{NOUN})")
def having_rows(d: Draft, m: re.Match[str]) -> str | None:
    """ "more than 40 orders": of the groups' rows; "100 million people": of the population."""
    piece = m[3]
    if _PEOPLE.fullmatch(d.code.words(m.start(3), m.end(3))) and (
        hit := d.facts.concept("population", [d.base])
    ):
        return compare(d, column_char(d, hit[0]), COMPARISONS[m[1]], m[2], d.span(m))
    table = d.value(piece) if kind_of(d, piece) == "t" else None
    if kind_of(d, piece) is None and piece != "¤":
        if d.facts.only is None:
            return None
        d.row_nouns.add(piece)
    if (table or d.base) != d.base:
        d.count_table = table
    d.having.append(Compare(op=COMPARISONS[m[1]], left=d.count(), right=number(d, m[2], None, None)))  # type: ignore[arg-type]
    return d.note(m)


def column_char(d: Draft, col: Col) -> str:
    return d.code.new({"number": "cn", "date": "cd", "boolean": "cb"}.get(col.family, "ct"), col, col.name)


@FILTERS.rule(rf"(?<!{{x}})({_CMP})({{n}})(?!{{x}})")
def by_unit(d: Draft, m: re.Match[str]) -> str | None:
    """The unit of a number names the column: "under 18 years old"; "over 50" said of people is their age."""
    literal: NumberLiteral = d.value(m[2])
    before = d.code.text[: m.start()].rstrip()
    bare = re.sub(r"(?: ?(?<![a-z])(?:is|are|was|were|aged|who|that|be))+$", "", before)
    people = bool(bare) and bool(_PERSON.search(bare) or _people_slot(d, bare[-1]))
    concept = next((c for c, source in _UNIT_CONCEPTS if re.search(source, d.text(m[2]))), None)
    if concept is None and re.search(r"above|below|higher|taller", d.span(m)) and not people:
        concept = "height"
    if concept is None and _SOLD.search(before):
        concept = "price"
    if literal.kind == "money" or re.search(r"euros?|dollars?|bucks|usd|eur|元|块", d.text(m[2])):
        concept = "price"
    if concept is None and people and 0 < literal.value < 120 and d.text(m[2]) == literal.text:
        concept = "old"
    hit = d.facts.concept(concept, [d.base]) if concept else None
    if hit is None or (concept == "old" and hit[1] not in {"age", "年龄"}):
        return None
    if concept == "duration" and (hit := _one_duration(d, hit)) is None:
        return None
    made = compare(d, column_char(d, hit[0]), COMPARISONS[m[1]], m[2], d.span(m))
    if made is not None and concept == "old" and (said_of := _PERSON.search(before)):
        d.row_nouns.add(said_of[0])  # "children under 10": the number says who is meant
    if made is not None:
        said, name = d.span(m), hit[0].name
        d.assume(f"'{said}' read by {name}" if d.language == "en" else f"“{said}”按{name}理解")
    return made


@FILTERS.rule(
    r"(?<!{x})(?:between|from|介于|在)? ?({n}) ?(?:and|to|-|–|~|到|至|和|—)+ ?({n})(?:之间)?(?!{x})"
)
def between_by_unit(d: Draft, m: re.Match[str]) -> str | None:
    """ "between 20 and 30 years old": the unit names the column."""
    concept = next((c for c, source in _UNIT_CONCEPTS if re.search(source, d.text(m[2]))), None)
    hit = d.facts.concept(concept, [d.base]) if concept else None
    if hit is None or (concept == "old" and hit[1] not in {"age", "年龄"}):
        return None
    return _between(d, column_char(d, hit[0]), m[1], m[2], d.span(m))


def _one_duration(d: Draft, hit: tuple[Col, str]) -> tuple[Col, str] | None:
    """Of several columns in minutes the one that the question names ("take 20 minutes to cook"); else none."""
    same = [c for c in d.facts.columns(hit[0].table) if c.family == "number" and time_unit(c.name)]
    if len(same) < 2:
        return hit
    words = {root(w) for w in re.findall(r"[a-z]+", d.code.question.casefold())}
    said = [c for c in same if words & {root(p) for p in split_name(c.name) if time_unit(p) is None}]
    return (said[0], hit[1]) if len(said) == 1 else None


_UNIT_CONCEPTS = [
    ("temperature", r"degrees?|度$"), ("distance", r"miles?|km|kilomet|公里"),
    ("old", r"years? old|years? of age|year-old|岁"), ("weight", r"kgs?|kilos?|grams?|pounds|lbs|公斤|千克|磅"),
    ("area", r"sq|m2|m²|平"), ("score", r"分$"), ("duration", r"hours?|hrs?|seconds?|secs?|小时|秒"),
    ("height", r"(?<![a-z])(?:m|met(?:er|re)s?|feet|ft)(?![a-z])|米"), ("duration", r"minutes?|mins?|分钟"),
]  # fmt: skip
_SOLD = re.compile(
    r"(?:sold|sells?|selling|going|went|priced|valued|worth|paid|pays?|costs?|costing)(?: for| at)?(?: ?a)?$"
)
_PERSON = re.compile(
    r"(?:children|kids|boys|girls|adults|seniors|passengers|women|men|people|persons?|individuals|members|clients|customers|users|employees|workers|respondents|人)$"
)
_PEOPLE_WORDS = re.compile(
    r"people|person|passenger|client|customer|member|employee|worker|women|men|male|user|乘客|客户|人|男|女"
)


def _people_slot(d: Draft, char: str) -> bool:
    slots = d.code.slots_in(char)
    return (
        bool(slots)
        and slots[0].kind in {"t", "f", "m"}
        and bool(_PEOPLE_WORDS.search(slots[0].text.casefold()))
    )


@FILTERS.rule(r"out of ?({cn})")
def none_left(d: Draft, m: re.Match[str]) -> str | None:
    """ "out of stock": none of it."""
    col = d.col(m[1])
    return d.new_f(Compare(op="=", left=col.ref, right=Literal_(value=0)), d.span(m)) if col else None


_DECADES = {"teens": 10, "twenties": 20, "thirties": 30, "forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80}  # fmt: skip


@FILTERS.rule(rf"in their ({'|'.join(_DECADES)})")
def in_their_thirties(d: Draft, m: re.Match[str]) -> str | None:
    hit = d.facts.concept("old", [d.base])
    if hit is None or hit[1] != "age":
        return None
    low = _DECADES[m[1]]
    bounds = (Compare(op=">=", left=hit[0].ref, right=Literal_(value=low)), Compare(op="<", left=hit[0].ref, right=Literal_(value=low + 10)))  # fmt: skip
    return d.new_f(And(items=bounds), d.span(m))


def kind_of(d: Draft, piece: str) -> str | None:
    slots = d.code.slots_in(piece)
    return slots[0].kind if len(piece) == 1 and slots else None
