"""English requests that no plan over the table answers, with the reason."""

# fmt: off
# One wording beside the other: a line a shape is easier to read and to add to than a line a word.

from __future__ import annotations

from llmauto_agent.planner.training.generate.parts_en import Draw, measure
from llmauto_agent.planner.training.generate.tables import domains

_SCOPE = (
    "tell me a joke", "what's the weather like tomorrow", "who won the world cup in 1998", "write me a poem about data",
    "how are you", "what is the meaning of life", "translate this to german", "who is the president of France",
    "what should I cook tonight", "is this a good investment", "do you think we should expand", "what would you recommend",
    "why did sales fall", "why are people unhappy", "what caused this", "what is the capital of Peru", "sing a song",
    "can you book me a flight", "how do I install python", "what time is it", "explain quantum physics", "hello there",
    "which one would you buy", "should I hire more people", "what do competitors charge", "how will the election end",
)  # fmt: skip
_WRITE = (
    "delete all rows", "remove the duplicates from the file", "drop the table", "set {c} to 0 for everyone",
    "update {c} where it is wrong", "add a new {n}", "insert a row for {v}", "rename {c} to something nicer",
    "email this to my boss", "change {v} to something else", "erase everything from {y}", "overwrite the file",
    "send the results to the team", "truncate the table", "delete the {ns} with missing {c}",
)  # fmt: skip
_VAGUE = (
    "show me something interesting", "what about it", "and?", "more", "the usual", "do the thing", "numbers please",
    "give me the best", "which is better", "compare them", "is it good", "how is it going", "the other one", "yes",
    "make it nicer", "again", "hmm", "what now", "top", "sort", "it", "ok and then",
)  # fmt: skip


def refused(d: Draw) -> tuple[str, str]:
    """(request, reason of the grammar)."""
    draw = d.r.random()
    if draw < 0.2:
        return d.r.choice(_SCOPE), "scope"
    if draw < 0.36:
        c = d.r.choice(d.d.columns)
        values = [v for x in d.d.columns for v in x.values] or ["it"]
        text = d.r.choice(_WRITE).format(c=d.s.col(c), n=d.d.noun, ns=d.d.nouns, v=d.r.choice(values), y=d.r.randint(2010, 2024))
        return text, "write"
    if draw < 0.46:
        return d.r.choice(_VAGUE), "vague"
    return _missing(d), "missing"


def _missing(d: Draw) -> str:
    """A measure, a group or a condition over a column of another table."""
    own = {w for c in d.d.columns for w in c.name.split("_")} | {d.d.noun, d.d.nouns}
    for _ in range(20):
        other = Draw(d.r, d.r.choice(domains("en")))
        c = d.r.choice([x for x in other.d.columns if x.role not in {"id"}])
        if own & set(c.name.split("_")):
            continue
        n = other.s.col(c)
        _, words, _ = measure(d)
        return d.s.pick(
            f"average {n} by {d.s.col(d.one('cat', 'yesno', 'bool', 'flag', 'date'))}" if c.role in {"number", "money"} else f"{words} by {n}",
            f"which {d.d.noun} has the highest {n}", f"{words} for each {n}", f"how many {d.d.nouns} have a {n}",
            f"show {d.d.nouns} with {n} above 100" if c.role in {"number", "money"} else f"list the {n} of all {d.d.nouns}",
            f"total {n}", f"what is the {n} of the {d.d.nouns}", f"how many {other.d.nouns} are there",
            f"{words} by {n} and {d.s.col(d.one('cat', 'yesno', 'bool', 'flag', 'date'))}",
        )  # fmt: skip
    raise LookupError
