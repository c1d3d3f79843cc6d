"""Plant one wrong number or direction in a right report, in a way that a person or a model gets it wrong.

digit       a digit of a linked number is another
typed       a number is typed by hand, and wrong; its link is gone
scale       a number is typed ten times too large or too small, or a percentage as its fraction
swapped     two numbers of a sentence change places
elsewhere   a linked number is the value of another row, or of another finding
direction   rose for fell, highest for lowest, higher for lower (上升, 最高, 高于)
size        a share is called more than half, or less, and is not (超过一半)
invented    a sentence with a number that no evidence has
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from llmauto_agent.numbers import Language, is_number
from llmauto_agent.report.formats import format_value
from llmauto_agent.report.references import resolve
from llmauto_tools.documents.model import (
    Block,
    Document,
    Figure,
    Heading,
    Pieces,
    Text,
    pieces_of,
    with_pieces,
)
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

_PAIRS = [
    ("rose", "fell"), ("rises", "falls"), ("higher", "lower"), ("highest", "lowest"), ("above", "below"),
    ("the most of", "the least of"), ("unusually high", "unusually low"), ("上升", "下降"), ("最高", "最低"), ("高于", "低于"),
    ("异常偏高", "异常偏低"), ("differ clearly", "do not differ clearly"),
]  # fmt: skip
_FLIPS = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}
_WORD = re.compile("|".join(sorted(map(re.escape, _FLIPS), key=len, reverse=True)))
_KEYS = ("summary", "finding", "kpi", "groups", "model", "drivers", "question", "quality")


@dataclass(frozen=True)
class Planted:
    """A report with one thing wrong: `before` and `after` are the words, `block` where they stand."""

    kind: str
    document: Document
    block: int
    before: str
    after: str


@dataclass(frozen=True)
class _Place:
    block: int
    run: int
    pieces: Pieces


def plants(
    document: Document, evidence: Mapping[str, Evidence], rng: random.Random, per_kind: int
) -> Iterator[Planted]:
    """Up to so many plants of each kind, at places drawn at random."""
    places = [
        _Place(i, j, pieces)
        for i, block in enumerate(document.blocks)
        if block.key.startswith(_KEYS) and not isinstance(block, Heading)
        for j, pieces in enumerate(pieces_of(block))
    ]
    for kind, plant in _KINDS.items():
        made = 0
        for place in rng.sample(places, len(places)):
            if made >= per_kind:
                break
            changed = plant(place.pieces, evidence, document.meta.language, rng)
            if changed is not None:
                pieces, before, after = changed
                yield Planted(kind, _with(document, place, pieces), place.block, before, after)
                made += 1


def _with(document: Document, place: _Place, pieces: Pieces) -> Document:
    blocks: list[Block] = list(document.blocks)
    runs = list(pieces_of(blocks[place.block]))
    runs[place.run] = pieces
    blocks[place.block] = with_pieces(blocks[place.block], runs)
    return document.model_copy(update={"blocks": tuple(blocks)})


Changed = tuple[Pieces, str, str] | None


def _numbers(pieces: Pieces) -> list[int]:
    """The places of the linked numbers that a person would read as such."""
    return [
        i
        for i, p in enumerate(pieces)
        if isinstance(p, Figure) and is_number(p.value) and any(c.isdigit() for c in p.text)
    ]


def _replaced(pieces: Pieces, place: int, piece: Figure | Text) -> tuple[Pieces, str, str]:
    changed = (*pieces[:place], piece, *pieces[place + 1 :])
    return changed, pieces[place].text, piece.text


def _digit(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    places = _numbers(pieces)
    if not places:
        return None
    place = rng.choice(places)
    return _replaced(
        pieces, place, pieces[place].model_copy(update={"text": _other_digit(pieces[place].text, rng)})
    )  # type: ignore[arg-type]


def _typed(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    places = _numbers(pieces)
    if not places:
        return None
    place = rng.choice(places)
    return _replaced(pieces, place, Text(text=_other_digit(pieces[place].text, rng)))


def _other_digit(text: str, rng: random.Random) -> str:
    """The number with its first digit, or one of the others, changed."""
    digits = [i for i, c in enumerate(text) if c.isdigit()]
    at = rng.choice(digits[:2])
    other = rng.choice([d for d in "123456789" if d != text[at]])
    return text[:at] + other + text[at + 1 :]


def _scale(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    places = [i for i in _numbers(pieces) if abs(float(_value(pieces, i))) > 0]
    if not places:
        return None
    place = rng.choice(places)
    figure = pieces[place]
    assert isinstance(figure, Figure)
    value = float(figure.value) * rng.choice((10.0, 0.1, 100.0))
    kind = " ".join(w for w in figure.format.split() if w not in ("integer", "told")) or "number"
    text = format_value(value, kind, language)
    return None if text == figure.text else _replaced(pieces, place, Text(text=text))


def _value(pieces: Pieces, place: int) -> float:
    figure = pieces[place]
    assert isinstance(figure, Figure)
    return float(figure.value)


def _swapped(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    places = list(_numbers(pieces))
    pairs = [
        (a, b)
        for a in places
        for b in places
        if a < b and pieces[a].text != pieces[b].text and _form(pieces, a) == _form(pieces, b)
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    changed = list(pieces)
    changed[a], changed[b] = changed[b], changed[a]
    return tuple(changed), f"{pieces[a].text} … {pieces[b].text}", f"{pieces[b].text} … {pieces[a].text}"


def _form(pieces: Pieces, place: int) -> str:
    figure = pieces[place]
    assert isinstance(figure, Figure)
    return figure.format


def _elsewhere(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    """The value of the same name in another row or finding."""
    places = [
        i for i in _numbers(pieces) if re.search(r"rows\[\d+\]\[|insights\[\d+\]\.values", _ref(pieces, i))
    ]
    rng.shuffle(places)
    for place in places:
        figure = pieces[place]
        assert isinstance(figure, Figure)
        for other in _others(figure.ref, evidence, rng):
            try:
                found = resolve(other, evidence)
                text = format_value(found.value, figure.format, language)
            except ReportError:
                continue
            if is_number(found.value) and text != figure.text:
                changed = figure.model_copy(update={"ref": found.ref, "value": found.value, "text": text})
                return _replaced(pieces, place, changed)
    return None


def _ref(pieces: Pieces, place: int) -> str:
    figure = pieces[place]
    assert isinstance(figure, Figure)
    return figure.ref


def _others(ref: str, evidence: Mapping[str, Evidence], rng: random.Random) -> list[str]:
    pattern = r"(insights)\[(\d+)\]" if "insights[" in ref else r"(rows)\[(\d+)\]"
    match = re.search(pattern, ref)
    assert match is not None
    numbers = [n for n in range(12) if n != int(match[2])]
    rng.shuffle(numbers)
    return [ref[: match.start()] + f"{match[1]}[{n}]" + ref[match.end() :] for n in numbers]


def _direction(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    if not _numbers(pieces):
        return None
    found = [(i, m) for i, p in enumerate(pieces) if isinstance(p, Text) for m in _WORD.finditer(p.text)]
    found = [(i, m) for i, m in found if _is_word(pieces[i].text, m)]
    if not found:
        return None
    place, match = rng.choice(found)
    text = pieces[place].text
    after = _FLIPS[match[0]]
    changed = text[: match.start()] + after + text[match.end() :]
    return (*pieces[:place], Text(text=changed), *pieces[place + 1 :]), match[0], after


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Whole words only, and none that says where a row lies rather than what a value did."""
    around = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
    return not any(c.isascii() and (c.isalpha() or c == "_") for c in around if c) or not match[0].isascii()


def _size(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    places = [i for i in _numbers(pieces) if "percent" in _form(pieces, i) and "abs" not in _form(pieces, i)]
    places = [i for i in places if 0 < _value(pieces, i) < 1 and abs(_value(pieces, i) - 0.5) > 0.02]
    if not places:
        return None
    place = rng.choice(places)
    high = _value(pieces, place) > 0.5
    claim = {
        ("en", True): "less than half",
        ("en", False): "more than half",
        ("zh", True): "不到一半",
        ("zh", False): "超过一半",
    }[language, high]
    added = f"（{claim}）" if language == "zh" else f" ({claim})"
    return (
        (*pieces[: place + 1], Text(text=added), *pieces[place + 1 :]),
        pieces[place].text,
        pieces[place].text + added,
    )


def _invented(
    pieces: Pieces, evidence: Mapping[str, Evidence], language: Language, rng: random.Random
) -> Changed:
    number = f"{rng.randint(1_100, 98_000):,}"
    said = f"此外还有 {number} 件。" if language == "zh" else f" Another {number} were returned."
    return (*pieces, Text(text=said)), "", said


_KINDS: dict[str, Callable[[Pieces, Mapping[str, Evidence], Language, random.Random], Changed]] = {
    "digit": _digit,
    "typed": _typed,
    "scale": _scale,
    "swapped": _swapped,
    "elsewhere": _elsewhere,
    "direction": _direction,
    "size": _size,
    "invented": _invented,
}
