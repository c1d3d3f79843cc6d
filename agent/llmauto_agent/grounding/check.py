"""The grounding check: is every number of a text found in evidence, or derived from it by a shown step?

The method and its limits are described in docs/grounding.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from llmauto_agent.grounding.derive import Operand, derive
from llmauto_agent.grounding.facts import Facts, all_facts
from llmauto_agent.grounding.labels import clause_ends
from llmauto_agent.grounding.measured import measured
from llmauto_agent.grounding.mentions import Mention, overlaps
from llmauto_agent.grounding.numbers import find_mentions
from llmauto_agent.grounding.resolve import Found, Resolver
from llmauto_agent.grounding.roles import fitting_constant, follows_listing, role_of
from llmauto_agent.numbers import is_number
from llmauto_tools.ledger import Evidence

_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？\n]")
_NULL_ITEM = re.compile(r"(?:那一周)?(?:\s*/\s*[^()（）]{1,80}?)?['’\"”]?\s*[(（](?:no value|没有值)")
_BETWEEN = re.compile(r"(?:\bbetween|在)\s*[$€£¥₹]?$")
_HIGHER = re.compile(
    r"['’\"”]?\s*(?:(?:is|are|was|were)\s+)?(?:(?P<high>higher|larger|more|高出|高|多)|lower|smaller|less|低|少)",
    re.I,
)
_SEPARATOR = re.compile(r"['’\"”]?\s*(?:,|，|、|and|和|;|；)\s*(?:and\s+)?['‘\"“]?")


@dataclass(frozen=True)
class Mark:
    """One number of a text. `evidence` None and `how` None: it is unverified.

    `how` is "cell", "row_count", "figure", "date", "argument" (restates a literal of the plan or SQL),
    "question", "name", "count of columns", or a derivation: "sum", "difference", "ratio", "share",
    "percent change", "mean", with its `step` such as "342 / 891".
    """

    start: int
    end: int
    text: str
    value: float | str
    evidence: str | None
    how: str | None
    step: str | None = None


@dataclass
class Grounding:
    """What came of checking a text. `checked` 0 means that there was nothing to check: no pass."""

    checked: int = 0
    grounded: int = 0
    unverified: list[str] = field(default_factory=list)
    """The texts of the numbers that were not found, in order."""
    marks: list[Mark] = field(default_factory=list)

    @property
    def nothing_to_check(self) -> bool:
        return self.checked == 0


def check(text: str, evidence: Sequence[Evidence], question: str = "") -> Grounding:
    """Match every number of a text to evidence.

    Pass the evidence of the turn that the text answers, and earlier records only where the text speaks
    of them: among more cells, more wrong numbers are found by chance. Records that did not finish are
    left out.
    """
    checker = _Checker(text, [e for e in evidence if e.state == "finished"], question)
    checker.run()
    return checker.grounding()


class _Checker:
    def __init__(self, text: str, evidence: Sequence[Evidence], question: str) -> None:
        self.text = text
        self.question = question
        self.facts: list[Facts] = [facts for e in reversed(evidence) for facts in all_facts(e)]
        nouns = [w.casefold() for w in re.findall(r"[A-Za-z]{4,}s\b", question)]
        self.resolvers = [Resolver(text, f, nouns) for f in self.facts]
        self.names = _spans_of_names(text, self.resolvers)
        taken = [*self.names, *((lb.start, lb.end) for r in self.resolvers for lb in r.texts)]
        self.mentions = find_mentions(text, taken)
        self.asked = find_mentions(question, [])
        self.solid = [*taken, *_spans_of_texts(text, self.facts), *((m.start, m.end) for m in self.mentions)]
        ends = clause_ends(text, self.solid)
        for resolver in self.resolvers:
            resolver.prepare(self.mentions, ends)
        newest = self.facts[0].evidence.id if self.facts else ""
        self.newest = [r for r in self.resolvers if r.facts.evidence.id == newest]
        self.used = list(self.newest)
        """The newest record, and those that the text was found to speak of."""
        self.found: dict[int, Found] = {}

    def run(self) -> None:
        """Literals first, then results, then the labels that results confirm, then derivations."""
        for i in range(len(self.mentions)):
            self._literal(i)
        self._results()
        if len(self.resolvers) > 1:
            ids = {f.evidence for f in self.found.values()}
            self.used = [r for r in self.resolvers if r in self.newest or r.facts.evidence.id in ids]
            for i in range(len(self.mentions)):
                if i not in self.found:
                    self._literal(i)
            self._results()
        self._labels()
        for i, mention in enumerate(self.mentions):
            if i not in self.found and not self._is_label(mention):
                self._derived(i)
        for i, mention in enumerate(self.mentions):
            if i not in self.found:
                self._measured(i, mention)

    # ---- the passes

    def _results(self) -> None:
        for i, mention in enumerate(self.mentions):
            if i not in self.found and not self._is_label(mention):
                self._result(i)

    def _literal(self, i: int) -> None:
        mention = self.mentions[i]
        if mention.kind == "name":
            return self._name(i)
        previous = self.mentions[i - 1] if i else None
        listed = follows_listing(previous, mention, self.text)
        continues = listed and self.found.get(i - 1, Found("", "")).how in {"argument", "question"}
        if (
            continues
            and previous
            and _BETWEEN.search(self.text[: previous.start])
            and mention.value < previous.value
        ):
            return None  # "between 30 and 20"
        for resolver in self.used:
            constants = resolver.facts.constants
            if self._repeats(mention, resolver, previous if continues else None):
                self.found[i] = Found("argument", resolver.facts.evidence.id)
                return None
            if role_of(self.text, mention, constants) == "restating" and (
                found := resolver.restated(mention)
            ):
                self.found[i] = found
                return None
        if self._asked(mention, continues):
            self.found[i] = Found("question", self.facts[0].evidence.id if self.facts else "")
        return None

    def _repeats(self, mention: Mention, resolver: Resolver, previous: Mention | None) -> bool:
        """Whether it restates a literal; `previous` is the literal whose list or range it goes on."""
        constants = resolver.facts.constants
        if previous is not None and mention.date is None:
            known = [c.value for c in constants if isinstance(c.value, float)]
            if previous.value in known:
                known.remove(previous.value)
            return mention.kind == "number" and mention.value in known
        if role_of(self.text, mention, constants) == "result":
            return False
        return fitting_constant(self.text, mention, constants) is not None

    def _asked(self, mention: Mention, continues: bool) -> bool:
        """Whether the question has the same number, and the text restates it."""
        same = [
            m for m in self.asked if (m.value, m.date, m.kind) == (mention.value, mention.date, mention.kind)
        ]
        if not same:
            return False
        if continues or role_of(self.text, mention, ()) == "restating":
            return True
        word = _word_before(self.text, mention)
        return bool(word) and any(_word_before(self.question, m) == word for m in same)

    def _name(self, i: int) -> None:
        mention = self.mentions[i]
        whole = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(mention.text)}(?![A-Za-z0-9_])")
        for facts in self.facts:
            known = [
                *facts.texts,
                *facts.evidence.tables,
                facts.evidence.sql or "",
                self.question,
                facts.evidence.id,
            ]
            if any(whole.search(text) for text in known):
                self.found[i] = Found("name", facts.evidence.id)
                return

    def _measured(self, i: int, mention: Mention) -> None:
        """A number of an analyst's tool: any of its figures or cells, since its tables have roles of their own."""
        for evidence in {r.facts.evidence.id: r.facts.evidence for r in self.used}.values():
            if (found := measured(evidence, mention, self.text)) is not None:
                self.found[i] = found
                return

    def _is_label(self, mention: Mention) -> bool:
        return any(r.is_label(mention) for r in self.resolvers)

    def _result(self, i: int) -> None:
        mention = self.mentions[i]
        restating = any(role_of(self.text, mention, r.facts.constants) == "restating" for r in self.resolvers)
        if restating:
            return
        for resolver in self.resolvers:
            found = resolver.result(mention)
            if found is not None and (resolver in self.used or resolver.speaks_of(mention, found)):
                self.found[i] = found
                return

    def _labels(self) -> None:
        """Numbers that name rows are grounded by the cells that they bind, by a list of the rows in
        their order, or as results of their own."""
        for i, mention in enumerate(self.mentions):
            if i in self.found:
                continue
            for resolver in self.resolvers:
                bound = self._bound(mention, resolver) or self._compared(mention, resolver)
                if bound or self._empty_item(mention, resolver):
                    self.found[i] = Found("cell", resolver.facts.evidence.id)
                    break
                if self._in_list(i, resolver):
                    self.found[i] = Found("cell", resolver.facts.evidence.id)
                    break
            if i not in self.found and self._is_label(mention):
                self._result(i)

    def _bound(self, mention: Mention, resolver: Resolver) -> bool:
        spans = {
            (lb.start, lb.end)
            for f in self.found.values()
            if f.evidence == resolver.facts.evidence.id
            for lb in f.labels
        }
        return any(s <= mention.start and mention.end <= e for s, e in spans)

    def _compared(self, mention: Mention, resolver: Resolver) -> bool:
        """ "Pclass 1 is higher by 70.47": a label whose value stands elsewhere in the sentence, and is the
        highest (or lowest) there."""
        own_labels = [lb for lb in resolver.labels if lb.start <= mention.start and mention.end <= lb.end]
        rows = {lb.rows for lb in own_labels}
        claim = _HIGHER.match(self.text, own_labels[0].end) if own_labels else None
        if claim is None:
            return False
        stated = [f for f in self.found.values() if f.labels and f.value is not None]
        own = [f.value for f in stated if any(lb.rows in rows for lb in f.labels)]
        values = [f.value for f in stated if f.value is not None]
        return bool(own) and own[0] == (max(values) if claim["high"] else min(values))

    def _empty_item(self, mention: Mention, resolver: Resolver) -> bool:
        """ "2012-01-01 (no value)": a label whose row has an empty cell."""
        if not _NULL_ITEM.match(self.text, mention.end):
            return False
        labels = [lb for lb in resolver.labels if lb.start <= mention.start and mention.end <= lb.end]
        rows = resolver.facts.rows
        return any(None in rows[r] for lb in labels for r in lb.rows)

    def _in_list(self, i: int, resolver: Resolver) -> bool:
        """Whether the mention is element k of a list whose elements are the first cells of a column."""
        first = i
        while first and self._separated(first - 1):
            first -= 1
        mention, place = self.mentions[i], i - first
        facts = resolver.facts
        if len(facts.columns) != 1 or place >= len(facts.rows):
            return False
        value = facts.rows[place][0]
        if mention.date is not None:
            return any(r == place and mention.date.fits(d) for r, d in facts.dates(0))
        listed = i > first or (i + 1 < len(self.mentions) and self._separated(i))
        return listed and mention.kind == "number" and is_number(value) and mention.stands_for(float(value))

    def _separated(self, i: int) -> bool:
        """Whether the next mention follows as the next element of a list."""
        return bool(_SEPARATOR.fullmatch(self.text[self.mentions[i].end : self.mentions[i + 1].start]))

    # ---- derivations

    def _derived(self, i: int) -> None:
        mention = self.mentions[i]
        if any(role_of(self.text, mention, r.facts.constants) == "restating" for r in self.resolvers):
            return
        ends = [m.end() for m in _SENTENCE_END.finditer(self.text) if not overlaps(*m.span(), self.solid)]
        begin = max((e for e in ends if e <= mention.start), default=0)
        finish = min((e for e in ends if e > mention.start), default=len(self.text))
        operands = [
            Operand(f.value, self.mentions[k].text, f.evidence, f.fraction, f.measure, f.additive)
            for k, f in self.found.items()
            if f.value is not None
            and f.how in {"cell", "row_count", "figure", "sum"}
            and begin <= self.mentions[k].start < finish
        ]
        derivation = derive(mention, operands, self.text[:finish])
        if derivation is not None:
            self.found[i] = Found(derivation.how, derivation.evidence, step=derivation.step)

    # ---- the result

    def grounding(self) -> Grounding:
        marks = [self._mark(i) for i in range(len(self.mentions))]
        marks += self._label_marks()
        marks.sort(key=lambda m: m.start)
        unverified = [m.text for m in marks if m.how is None]
        return Grounding(len(marks), len(marks) - len(unverified), unverified, marks)

    def _mark(self, i: int) -> Mark:
        mention, found = self.mentions[i], self.found.get(i)
        value = mention.text if mention.date is not None or mention.kind == "name" else mention.value
        evidence = (found.evidence or None) if found else None
        return Mark(
            mention.start, mention.end, mention.text, value, evidence,
            found.how if found else None, found.step if found else None,
        )  # fmt: skip

    def _label_marks(self) -> list[Mark]:
        """Text cells that hold digits, such as 'Boeing 737', are grounded by being cells."""
        marks: dict[tuple[int, int], Mark] = {}
        for resolver in self.resolvers:
            for label in resolver.texts:
                text = self.text[label.start : label.end]
                if any(c.isdigit() for c in text):
                    span = (label.start, label.end)
                    marks.setdefault(span, Mark(*span, text, text, resolver.facts.evidence.id, "cell"))
        return list(marks.values())


def _word_before(text: str, mention: Mention) -> str:
    found = re.search(r"([A-Za-z]+|[\u4e00-\u9fff])\s*$", text[: mention.start])
    return found.group(1).casefold() if found else ""


def _spans_of_texts(text: str, facts: Sequence[Facts]) -> list[tuple[int, int]]:
    """Where column names and texts of the plan stand, whose punctuation ends no clause."""
    known = {n for f in facts for n in f.names}
    known |= {c.value for f in facts for c in f.constants if isinstance(c.value, str)}
    odd = [k for k in known if re.search(r"[;；.。!！?？\n]", k)]
    return [m.span() for k in odd for m in re.finditer(re.escape(k), text)]


def _spans_of_names(text: str, resolvers: Sequence[Resolver]) -> list[tuple[int, int]]:
    """Where the text repeats names that hold digits: columns, tables, quoted texts of the plan."""
    names: set[str] = set()
    for resolver in resolvers:
        facts = resolver.facts
        names.update(facts.names)
        names.update(facts.evidence.tables)
        for constant in facts.constants:
            if isinstance(constant.value, str) and constant.date is None:
                names.update(q.format(constant.value) for q in ("'{}'", "“{}”", '"{}"'))
    spans = []
    for name in sorted((n for n in names if any(c.isdigit() for c in n)), key=len, reverse=True):
        for match in re.finditer(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text):
            spans.append(match.span())
    return spans
