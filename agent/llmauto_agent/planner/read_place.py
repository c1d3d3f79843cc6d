"""From a question to its coded text: literals, operators and links, each in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmauto_agent.planner.dates import DateLiteral, read_dates
from llmauto_agent.planner.harmless import verbs
from llmauto_agent.planner.linker import Link, Pick, best_links
from llmauto_agent.planner.literals import NumberLiteral, read_numbers
from llmauto_agent.planner.read_choose import by_context, single_heads
from llmauto_agent.planner.read_code import Code
from llmauto_agent.planner.read_draft import Draft
from llmauto_agent.planner.read_facts import Col, Facts
from llmauto_agent.planner.read_grammar import ROW_NOUNS
from llmauto_agent.planner.read_lexicon import LOW_IS_OLD, Operator, operators
from llmauto_agent.planner.tokens import Language, fold, tokenize
from llmauto_agent.planner.words import singular

_FLIP = str.maketrans("⊤⊥≻≺⪰⪯", "⊥⊤≺≻⪯⪰")
_SHORT = {"rate": "®", "corr": "©", "≺post": "≺"}


@dataclass(frozen=True)
class _Piece:
    """A stretch of the question that becomes coded characters."""

    start: int
    end: int
    what: NumberLiteral | DateLiteral | Operator | Pick | str


def place(question: str, facts: Facts, language: Language, base: str, has_context: bool) -> Draft:
    """The draft of a question, with its coded text ready for the grammar.

    Raises Refusal where a word fits two things equally well.
    """
    draft = Draft(Code(question), facts, language, base, has_context)
    folded = fold(question)
    tokens = tokenize(question)
    links = [x for x in facts.index.link(tokens) if _usable(x) and not _only_verb(x, folded, facts)]
    if language == "zh":
        links += single_heads(folded, links, facts, base)
    literals = _literals(question, tokens, links)
    ops = _operators(folded, literals, links, language)
    taken = literals + ops
    free = [x for x in links if not any(p.start < x.end and x.start < p.end for p in taken)]
    chosen = best_links(free)
    draft.base = base = _focus(chosen, base)
    picks = _settle(
        chosen, facts, base, [p for p in taken if isinstance(p.what, DateLiteral)], draft.ambiguous, folded
    )
    pieces = sorted(taken + picks, key=lambda p: p.start)
    _write(draft, folded, pieces)
    _tighten(draft)
    return draft


_DATE_WORD = re.compile(
    r"(?<![a-z])(?:years?|months?|quarters?|weeks?|days?|dates?|weekdays?|hours?|monthly|yearly|daily)(?![a-z])|^(?:[年月日周天]|季度|星期|月份)$"
)


_MONEY = re.compile(r"revenues?|turnover|income|earnings|profits?|spending|costs?|营收|收入|利润|营业额|金额")


def _usable(link: Link) -> bool:
    """Whether a link may stand: not across a comma, and no date word that only resembles a name."""
    text = fold(link.text)
    if link.kind == "value" and link.how in {"inflected", "abbreviation", "typo"} and text in ROW_NOUNS:
        return str(link.value).casefold() in {text, singular(text)}
    if re.search(r"[,;()，；（）]", text) and link.score < 0.95:
        return False
    if link.kind == "table" and link.how == "synonym" and _MONEY.fullmatch(text):
        return False  # "revenue" of a table of sales is an amount, not its rows
    if link.how in {"synonym", "part"} and link.score < 0.55 and link.kind in {"column", "value"}:
        return False
    if link.kind == "value" and link.how == "part" and text in ROW_NOUNS:
        return False  # "films" does not mean the distributor Film Movement
    return not (link.kind == "column" and link.score < 0.9 and _DATE_WORD.search(text))


_AFTER_VERB = re.compile(r" (?:in|at|for|as|by|to|with|from|on|of)(?![a-z])")


def _only_verb(link: Link, folded: str, facts: Facts) -> bool:
    """Whether a word that resembles a part of a column's name only is the verb before a value: in "who plays
    as goalkeeper", plays is not minutes_played."""
    if link.kind != "column" or link.how not in {"partial", "inflected"} or link.score >= 0.85:
        return False
    text = fold(link.text)
    before = folded[: link.start].rstrip()
    if re.search(
        r"(?<![a-z])(?:the|of|most|least|fewest|more|less|number|by|highest|lowest|and|average|total)$",
        before,
    ):
        return False
    if (
        text not in verbs()
        or not text.endswith(("s", "ed", "ing"))
        or not _AFTER_VERB.match(folded, link.end)
    ):
        return False
    col = facts.col(link.table or "", link.column or "")
    return col.family == "number" and not facts.is_year(col)


def _literals(question: str, tokens: list, links: list[Link]) -> list[_Piece]:  # type: ignore[type-arg]
    """Quotes, dates and numbers that are no part of a longer name or value."""
    strong = [x for x in links if x.score >= 0.9 and x.kind in {"column", "value", "table"}]
    quotes = [_Piece(t.start, t.end, t.text) for t in tokens if t.kind == "quoted"]
    found: list[_Piece] = list(quotes)
    literals: list[NumberLiteral | DateLiteral] = [*read_dates(question), *read_numbers(question)]
    for literal in literals:
        inside = any(_over(x, literal) for x in strong)
        asked = re.search(r"(?:what|how) about $", question[: literal.start].casefold())
        if inside or (literal.score < 0.4 and not asked) or _sorts(question, literal):
            continue
        if any(p.start < literal.end and literal.start < p.end for p in found):
            continue
        found.append(_Piece(literal.start, literal.end, literal))
    return found


_DAY = re.compile(r"[a-z]{3,} \d|\d [a-z]{3,}|\d[-/]\d", re.IGNORECASE)


def _over(link: Link, literal: NumberLiteral | DateLiteral) -> bool:
    """Whether a name or value has precedence over a number or date: it is longer, or a column that is
    called like the date word ("by day" where there is a column day)."""
    if isinstance(literal, DateLiteral) and literal.kind in {"grain", "part"} and not literal.values:
        return link.kind == "column" and link.start < literal.end and literal.start < link.end
    within = link.start <= literal.start and literal.end <= link.end
    if link.kind == "value" and isinstance(literal, DateLiteral) and _DAY.search(literal.text):
        said = literal.text.strip().casefold().split(" ", 1)
        bare = said[1] if len(said) > 1 and said[0] in {"on", "in", "of", "for", "from"} else " ".join(said)
        return fold(link.text).strip() == bare or (within and link.score >= 0.9)
    return within and link.end - link.start > literal.end - literal.start


def _sorts(question: str, literal: NumberLiteral | DateLiteral) -> bool:
    """Whether "first" belongs to "highest first"."""
    if literal.text.casefold() != "first":
        return False
    return bool(re.search(r"(?:est|most|best|worst|top)(?: ones?)? $", question[: literal.start].casefold()))


def _operators(folded: str, literals: list[_Piece], links: list[Link], language: Language) -> list[_Piece]:
    """Operator phrases, longest first; a name that strictly contains one wins over it."""
    code = Code(folded)
    position = 0
    for piece in sorted(literals, key=lambda p: p.start):
        _copy(code, folded, position, piece.start)
        kind = "q" if isinstance(piece.what, str) else "d" if isinstance(piece.what, DateLiteral) else "n"
        code.append(code.new(kind, piece.what, ""), piece.start, piece.end)
        position = piece.end
    _copy(code, folded, position, len(folded))
    found: list[_Piece] = []
    candidates = operators(code.text, language) + operators(_with_link_marks(code, links), language)
    for op in sorted(candidates, key=lambda o: (o.start - o.end, o.start)):
        start, end = code.source[op.start][0], code.source[op.end - 1][1]
        if any(p.start < end and start < p.end for p in found):
            continue
        if any(
            x.start <= start and end <= x.end and (x.end - x.start) > (end - start) and x.score >= 0.85
            for x in links
            if x.kind != "rows"
        ):
            continue
        if _is_column(op.symbol, start, end, links, language):
            continue
        found.append(_Piece(start, end, op))
    return found


def _is_column(symbol: str, start: int, end: int, links: list[Link], language: Language) -> bool:
    """Whether an operator phrase is rather the name of a column: "rate", 数量 (but not 订单数量)."""
    ends = [x for x in links if x.how == "exact" and x.kind == "column" and start < x.start and x.end == end]
    if symbol == "#" and language == "zh" and ends and not _counted_noun(start, links):
        return True  # 总数量 is the total of the column 数量
    if symbol == "Σ" and language == "en" and ends:
        return True  # "total amount" is the total of the column amount
    named = any((x.start, x.end) == (start, end) and x.how == "exact" and x.kind == "column" for x in links)
    if not named:
        return False
    if language == "zh":
        return not _counted_noun(start, links)
    return symbol == "rate"


def _counted_noun(end: int, links: list[Link]) -> bool:
    """Whether the words before are a noun for rows: 订单数量 counts orders, 产品的数量 is the column."""
    return any(
        x.end == end and (x.kind in {"table", "rows"} or x.how in {"partial", "synonym"}) for x in links
    )


def _copy(code: Code, text: str, start: int, end: int) -> None:
    for i in range(start, end):
        code.append(" " if text[i].isspace() or text[i] == "#" else text[i], i, i + 1)


def _with_link_marks(code: Code, links: list[Link]) -> str:
    """The half-coded text with the first character of each link replaced by a character of its kind,
    so that an operator can look ahead for "a column follows"; offsets stay the same."""
    chars = list(code.text)
    starts = {span[0]: i for i, span in reversed(list(enumerate(code.source)))}
    for link in links:
        at = starts.get(link.start)
        if at is not None and link.score >= 0.6 and chars[at].isalnum():
            chars[at] = {"column": "\ue200", "value": "\ue700"}.get(link.kind, "\ue600")
    return "".join(chars)


def _focus(picks: list[Pick], base: str) -> str:
    """The table that a question speaks of: one that it names, else the one of most of its columns."""
    votes: dict[str, float] = {}
    for pick in picks:
        if pick.link.table is not None:
            weight = 1.5 if pick.link.kind in {"table", "rows"} else 1.0
            votes[pick.link.table] = votes.get(pick.link.table, 0) + weight
    return max(votes, key=lambda t: votes[t]) if votes else base


def _settle(
    picks: list[Pick],
    facts: Facts,
    base: str,
    dates: list[_Piece],
    ambiguous: dict[str, list[str]],
    question: str,
) -> list[_Piece]:
    """Choose between same-named columns of several tables: the table that the question speaks of."""
    anchors = {p.link.table for p in picks if p.link.kind in {"table", "rows"} and p.link.table}
    for pick in picks:
        if pick.link.kind == "column" and not any(a.table != pick.link.table for a in pick.alternatives):
            anchors.add(pick.link.table or base)
    settled = []
    for pick in picks:
        pick = by_context(_owned(_better(pick, facts), picks), facts, question)
        link = pick.link
        if link.kind in {"column", "value"} and link.table not in anchors:
            better = [
                a
                for a in pick.alternatives
                if a.kind == link.kind and a.table in anchors and a.score >= link.score - 0.1
            ]
            if better:
                pick = Pick(better[0], pick.alternatives, pick.ambiguous)
        if pick.ambiguous:
            others = [
                a for a in pick.alternatives if a.score >= link.score - 0.05 and a.table == pick.link.table
            ]
            if link.kind == "column" and any(0 <= d.start - link.end <= 2 for d in dates):
                # "sold in 2008": the column that holds a year
                years = [
                    a for a in [link, *others] if facts.is_year(facts.col(a.table or "", a.column or ""))
                ]
                if len(years) == 1:
                    settled.append(_Piece(link.start, link.end, Pick(years[0])))
                    continue
            used = {(p.link.table, p.link.column) for p in picks if p is not pick and not p.ambiguous}
            again = [a for a in [link, *others] if (a.table, a.column) in used]
            if len(again) == 1:
                settled.append(_Piece(link.start, link.end, Pick(again[0])))
                continue
            names = {(a.table, a.column) for a in others} | {(pick.link.table, pick.link.column)}
            if len(names) > 1 and pick.link.column is not None:
                # The words stay words: if nothing else explains them, the choices are asked for.
                ambiguous[fold(link.text)] = list(dict.fromkeys(_choice(a) for a in [pick.link, *others]))
                continue
        settled.append(_Piece(pick.link.start, pick.link.end, pick))
    return settled


def _owned(pick: Pick, picks: list[Pick]) -> Pick:
    """ "names of the departments", "department name": a column name that several tables have belongs to the
    table that is named right beside it."""
    link = pick.link
    if link.kind != "column":
        return pick
    rivals = [a for a in pick.alternatives if a.kind == "column" and a.score >= link.score - 0.12]
    for other in picks:
        table = other.link.table
        if other.link.kind != "table" or table is None or table == link.table:
            continue
        beside = 0 <= other.link.start - link.end <= 12 or 0 <= link.start - other.link.end <= 3
        owned = [a for a in rivals if a.table == table]
        if beside and owned:
            return Pick(owned[0], pick.alternatives)
    return pick


def _better(pick: Pick, facts: Facts) -> Pick:
    """The same words read as a column of a base table rather than of a view over it, and as a value
    rather than as the opposite of another one."""
    link = pick.link
    close = [a for a in pick.alternatives if a.kind == link.kind and a.score >= link.score - 0.15]
    if link.negated and link.how != "flag":
        plain = [a for a in close if not a.negated and a.column == link.column]
        if plain:
            return Pick(plain[0], pick.alternatives)
    owners = [a for a in pick.alternatives if a.kind == "table" and a.score >= link.score - 0.05]
    if link.kind == "column" and owners and _points_to(link, owners[0].table, facts):
        return Pick(owners[0], pick.alternatives)
    if link.table is not None and not facts.keyed(link.table):
        based = [a for a in close if a.table is not None and facts.keyed(a.table)]
        if based:
            return Pick(based[0], pick.alternatives, pick.ambiguous)
    return pick


def _points_to(link: Link, table: str | None, facts: Facts) -> bool:
    """Whether a column is the foreign key to a table: "manufacturers" then means that table."""
    keys = facts.index.foreign_keys
    return any((k.table, k.column, k.other_table) == (link.table, link.column, table) for k in keys)


def _choice(link: Link) -> str:
    return f"{link.column} = {link.value}" if link.kind == "value" else str(link.column)


def _write(draft: Draft, folded: str, pieces: list[_Piece]) -> None:
    code = draft.code
    position = 0
    for piece in pieces:
        if piece.start < position:
            continue
        _copy(code, folded, position, piece.start)
        code.append(_encode(draft, piece, folded), piece.start, piece.end)
        position = piece.end
    _copy(code, folded, position, len(folded))


def _encode(draft: Draft, piece: _Piece, folded: str) -> str:
    what, text = piece.what, draft.code.question[piece.start : piece.end]
    if isinstance(what, str):
        return draft.code.new("q", what, what)
    if isinstance(what, NumberLiteral):
        return draft.code.new("n", what, text)
    if isinstance(what, DateLiteral):
        return draft.code.new("d", what, text)
    if isinstance(what, Operator):
        return _operator(draft, what.symbol, folded[piece.start : piece.end], text)
    link = what.link
    if link.kind in {"table", "rows"}:
        if link.kind == "table" and link.table is not None and not text.casefold().endswith("ed"):
            draft.named.append((link.table, text))
        return draft.code.new("t", link.table, text)
    assert link.table is not None
    assert link.column is not None
    col = draft.facts.col(link.table, link.column)
    if link.kind == "value":
        return draft.code.new("v", what, text)
    if link.score < 0.9 and draft.facts.is_key(col):
        return draft.code.new("t", link.table, text)  # "orders" for order_id: the rows
    if _names_rows(draft, col, text):
        draft.label_said = True
        return draft.code.new("t", link.table, text)
    return draft.code.new(column_kind(col), col, text)


_NAMING = re.compile(r"(?:^|[ _])(?:names?|titles?|labels?|名称|名字|姓名|标题)$")


def _names_rows(draft: Draft, col: Col, text: str) -> bool:
    """Whether a column's name stands for the rows: "restaurants" of a column with a restaurant a row; but not
    where it makes the groups, nor where its content is asked for ("names")."""
    if draft.code.text.rstrip().endswith("⊞") or _NAMING.search(text.casefold().strip()):
        return False
    return draft.facts.only is not None and draft.facts.row_label(col)


def column_kind(col: Col) -> str:
    return {"number": "cn", "date": "cd", "boolean": "cb"}.get(col.family, "ct")


def _operator(draft: Draft, symbol: str, folded: str, text: str) -> str:
    """The characters of an operator; "older than" also names the column that measures it."""
    if symbol == "keep":
        return folded
    symbol = _SHORT.get(symbol, symbol)
    found = re.search(r"⟨(\w+)⟩", symbol)
    if not found:
        return symbol
    hit = draft.facts.concept(found[1], _reach(draft))
    bare = symbol.replace(found[0], "\x00")
    if hit is None:
        # The adjective stays as a word: if nothing else explains it, the question is refused.
        if found[1] in {"quantity", "sales"}:
            return symbol.replace(found[0], "")
        return symbol.replace(found[0], f"⟨{folded}⟩")
    col, name = hit
    if found[1] == "old" and name in LOW_IS_OLD:
        bare = bare.translate(_FLIP)
    if not text.casefold().startswith(col.name.casefold()):
        draft.assume(
            f"'{text.strip()}' read by {col.name}"
            if draft.language == "en"
            else f"“{text.strip()}”按{col.name}理解"
        )
    return bare.replace("\x00", draft.code.new(column_kind(col), col, text))


def _reach(draft: Draft) -> list[str]:
    others = [t.name for t in draft.facts.tables if t.name != draft.base]
    return [draft.base, *sorted(others, key=lambda t: not draft.facts.keyed(t))]


_ARTICLES = r"(?<![\w'])(?:the|an|a|our|their|its|his|her|my|your|please|of the|all of|all the)(?![\w'])"
_EDGE = r"[{any}" + re.escape("¤≻⪰≺⪯≈≠⊤⊥μηΣ↑↓σν◊#‡%⊞⇓⇑⇅∅∃ℓ⊢⊣®©") + r"]"


def _tighten(draft: Draft) -> None:
    """Drop what only pads: articles, 的, spaces around coded characters, the final question mark."""
    code = draft.code
    if draft.language == "en":
        code.rewrite(_ARTICLES, lambda m: "")
    else:
        code.rewrite(r"的(?!话)|\s+", lambda m: "" if m[0] == "的" else " ")
    code.rewrite(r"\s+", lambda m: None if m[0] == " " else " ")
    code.rewrite(r"[?？!！。．]+\s*$|\.(?=\s|$)", lambda m: "")
    code.rewrite(rf"(?<={_EDGE}) +| +(?={_EDGE})|^ +| +$", lambda m: "")
    _absorb_tables(draft)
    if draft.language == "zh":
        code.rewrite(r" +", lambda m: "")
        code.rewrite(
            r"(?<={v})(?:区|市|省|县|镇|国|族|生|性|型|类|款|版|组|店|部|系|级|岗|科|路|线)(?![一-鿿]?{c})",
            lambda m: "",
        )
        code.rewrite(r"[，；;：]", lambda m: ",")


def _absorb_tables(draft: Draft) -> None:
    """ "customer segment", "segment of the customers": the table only says whose column it is."""

    def absorb(m: re.Match[str]) -> str | None:
        table, column = (m[1], m[2]) if draft.code.slot(m[1]).kind == "t" else (m[2], m[1])
        col = draft.col(column)
        owner = draft.value(table)
        if col is None or owner not in {None, col.table}:
            return None
        if re.search(r"than|over|under|above|below|est$|most|least", draft.text(column).casefold()):
            return None
        verb = draft.text(column).casefold()
        if verb in verbs() and verb.endswith("ed") and verb != col.name.casefold():
            return None  # "movies directed by ...": both say something
        plural = draft.text(table).casefold().endswith("s") or draft.text(table).casefold() == "people"
        return None if owner is None and plural else column

    draft.code.rewrite(r"({t})(?:'s?)? ?({c})", absorb)
    draft.code.rewrite(r"({c})of({t})", absorb)
