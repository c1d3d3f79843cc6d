"""Write the training records: python -m llmauto_agent.planner.training.written.make --out DIR [--each 12]

Writes written_LANG_train.jsonl.gz and written_LANG_dev.jsonl.gz with their schemas. A tenth of the blocks,
chosen by their names, are dev. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llmauto_agent.planner.tokens import has_cjk
from llmauto_agent.planner.training.generate.noise import typed
from llmauto_agent.planner.training.generate.tables import Domain
from llmauto_agent.planner.training.records import write_lines
from llmauto_agent.planner.training.written.anew import begun_anew, without_meaning
from llmauto_agent.planner.training.written.convert import (
    Turn,
    convert_chain,
    schema_record,
    with_named_values,
)
from llmauto_agent.planner.training.written.parse import Block, Chain, parse_file, written_files
from llmauto_agent.planner.training.written.respell import (
    Spelling,
    as_written,
    fits,
    respelled,
    spelled,
)  # fmt: skip
from llmauto_agent.planner.training.written.vary import varied

SAME = 5
"""Records that a chain gives at most in the same words; over other spellings of its tables each."""
DEV_EACH = 3
_OPENINGS = (
    "hey, ",
    "hi, ",
    "quick one: ",
    "ok so ",
    "hello! ",
    "sorry to bother you, ",
    "right, ",
    "and one more: ",
)
_ASKING = (
    "please ",
    "can you ",
    "could you ",
    "pls ",
    "can you please ",
    "hey, can you ",
    "I'd like you to ",
)
_ORDERS = {
    "show", "list", "give", "draw", "plot", "find", "tell", "compare", "break", "calculate", "compute", "get", "make",
    "pull", "train", "predict", "clean", "run", "build", "look", "narrow", "explain", "describe", "summarise", "summarize",
}  # fmt: skip
"""First words of a request that are verbs whatever follows, so that "can you" may stand before."""
_OPENINGS_ZH = ("你好，", "在吗，", "麻烦你，", "帮我查下", "再问一个：", "想了解下", "请教一下，")

Json = dict[str, Any]


def block_records(
    block: Block, each: int, seed: int, others: Sequence[Domain] = ()
) -> tuple[list[Json], list[Json]]:
    """(records, schemas) of a block: `each` records of every request, where its words can be varied.

    `others` are tables that may stand beside those of the block.
    """
    chains = [(c, made) for c in block.chains if (made := convert_chain(c, block)[0])]
    block = with_named_values(block, [t.record for _, turns in chains for t in turns])
    r = random.Random(f"{block.file}-{block.name}-{seed}")
    spellings = [as_written(block)]
    spellings += [spelled(block, r, drop=n % 2 == 0, others=others) for n in range(1, each)]
    stem = f"written:{block.file.removesuffix('.txt')}:{block.name}"
    records: list[Json] = []
    for chain, turns in chains:
        for copy, found in enumerate(_copies(chain[: len(turns)], turns, block, each, r)):
            place = _place(found, spellings, copy)
            records += _conversation(found, spellings[place], f"{stem}:{place}", f"{copy}", r)
    records += [*begun_anew(records, r), *without_meaning(records, block.lang, r)]
    used = {record["db"] for record in records}
    schemas = [schema_record(s.block, f"{stem}:{n}") for n, s in enumerate(spellings)]
    return records, [s for s in schemas if s["db"] in used]


def _copies(
    chain: Chain, turns: Sequence[Turn], block: Block, each: int, r: random.Random
) -> Iterator[Sequence[Turn]]:
    """The chain as it is written, then with other constants, each wording a few times at most."""
    count: dict[str, int] = {}
    for copy in range(each):
        made = varied(chain, turns, block, r) if copy else turns
        said = json.dumps([t.record["question"] for t in made])
        count[said] = count.get(said, 0) + 1
        if count[said] <= SAME:
            yield made


def _place(turns: Sequence[Turn], spellings: Sequence[Spelling], copy: int) -> int:
    """The spelling for a copy: its own, else the next that has all columns of the conversation."""
    records = [t.record for t in turns]
    for step in range(len(spellings)):
        place = (copy + step) % len(spellings)
        if fits(records, spellings[place]):
            return place
    return 0


def _conversation(
    turns: Sequence[Turn], spelling: Spelling, db: str, copy: str, r: random.Random
) -> Iterator[Json]:
    context: list[str] = []
    for turn in turns:
        record = respelled(turn.record, spelling) | {"context": list(context), "db": db}
        record["question"] = _as_typed(record["question"], bool(context), r)
        record["id"] = f"{db}-{turn.request.line}-{copy}"
        context.append(record["question"])
        yield record


def _as_typed(question: str, follows: bool, r: random.Random) -> str:
    """As somebody types it: with an opening now and then, and typing errors."""
    if follows:
        courteous = r.random() < 0.05 and not has_cjk(question)
        question += " please" if courteous and question[-1].isalnum() else ""
        return question if r.random() < 0.6 else _plain_case(question, r)
    if r.random() < 0.09:
        return _opened(question, r)
    return typed(question, r, openings=has_cjk(question))


def _opened(question: str, r: random.Random) -> str:
    if has_cjk(question):
        return r.choice(_OPENINGS_ZH) + question
    first = question.split(" ", 1)[0]
    if first.lower() in _ORDERS:
        return r.choice(_ASKING) + first.lower() + question[len(first) :]
    return r.choice(_OPENINGS) + question


def _plain_case(question: str, r: random.Random) -> str:
    """With another beginning or end, as far as no name or value is touched."""
    if r.random() < 0.5:
        return question[:1].upper() + question[1:]
    return re.sub(r"[?？.。!]$", "", question)


def is_dev(block: Block) -> bool:
    """Whether a block is of the tenth that is kept for measuring."""
    return int(hashlib.sha256(block.name.encode()).hexdigest(), 16) % 10 == 0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=12, help="records of a request")
    parser.add_argument("--lang", choices=["en", "zh"], nargs="*", default=["en", "zh"])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    for lang in args.lang:
        blocks = [b for path in written_files(lang) for b in parse_file(path)[0]]
        for part in ("train", "dev"):
            own = [b for b in blocks if is_dev(b) == (part == "dev")]
            each = args.each if part == "train" else min(DEV_EACH, args.each)
            tables = [t for b in own for t in b.tables]
            made = [block_records(b, each, args.seed, tables) for b in own]
            path = args.out / f"written_{lang}_{part}.jsonl.gz"
            count = write_lines(path, (r for records, _ in made for r in records))
            write_lines(
                args.out / f"written_{lang}_{part}_schemas.jsonl.gz",
                (s for _, schemas in made for s in schemas),
            )
            print(json.dumps({"file": path.name, "records": count, "blocks": len(own)}), flush=True)


if __name__ == "__main__":
    main()
