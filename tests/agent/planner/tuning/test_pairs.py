"""Files of pairs, and the part that is held out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmauto_agent.planner.tuning.pairs import Pair, pairs_of, read_pairs, split
from llmauto_tools.errors import SourceNotFound, UnreadableSource, UnsupportedSource

ROWS = [
    {"question": "how many, really?", "sql": "SELECT count(*) FROM t"},
    {
        "question": "and 2024?",
        "sql": "SELECT 1",
        "previous_question": "how many?",
        "previous_sql": "SELECT 2",
    },
]


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_lines_of_json_and_tables_say_the_same(tmp_path: Path) -> None:
    lines = written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n")
    csv = written(
        tmp_path, "a.csv",
        'question,sql,previous_question,previous_sql\n"how many, really?",SELECT count(*) FROM t,,\n'
        "and 2024?,SELECT 1,how many?,SELECT 2\n",
    )  # fmt: skip
    tsv = written(tmp_path, "a.tsv", "\ufeffsql\tquestion\nSELECT count(*) FROM t\thow many, really?\n")
    assert [(p.question, p.sql, p.previous_sql) for p in read_pairs(lines)] == [
        ("how many, really?", "SELECT count(*) FROM t", ""), ("and 2024?", "SELECT 1", "SELECT 2"),
    ]  # fmt: skip
    assert read_pairs(csv)[1] == Pair("and 2024?", "SELECT 1", "how many?", "SELECT 2", line=3)
    assert read_pairs(csv)[0].sql == read_pairs(tsv)[0].sql == read_pairs(lines)[0].sql
    assert [p.question for p in pairs_of(ROWS)] == [p.question for p in read_pairs(lines)]


def test_the_same_pair_counts_once(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", "\n".join(json.dumps(ROWS[0]) for _ in range(3)))
    assert [p.line for p in read_pairs(path)] == [1]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"question": "x"}', "line 1 has no sql"),
        ("a.jsonl", '{"question": "x", "sql": "SELECT 1"}\n{oops', "line 2 is not JSON"),
        ("a.jsonl", "[1, 2]", "line 1 is not an object"),
        ("a.jsonl", '{"question": "x", "sql": "S", "previous_sql": "S"}', "only one of"),
        ("a.csv", "question,query\nx,y\n", "no column sql"),
        ("a.jsonl", "\n", "is empty"),
    ],
)
def test_a_bad_file_says_which_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UnreadableSource, match=said) as e:
        read_pairs(written(tmp_path, name, text))
    assert e.value.hint


def test_a_missing_file_and_another_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        read_pairs(tmp_path / "none.jsonl")
    with pytest.raises(UnsupportedSource, match="ends in none of"):
        read_pairs(written(tmp_path, "pairs.xlsx", "x"))


def numbered(count: int) -> list[Pair]:
    return [Pair(f"question {n}", "SELECT 1") for n in range(count)]


def test_about_a_fifth_is_held_out_and_stays_so() -> None:
    learned, held = split(numbered(400))
    assert 55 <= len(held) <= 105
    assert len(learned) + len(held) == 400
    more = {p.question for p in split(numbered(800))[1]}
    assert {p.question for p in held} <= more


def test_at_least_five_are_held_out_and_a_question_is_on_one_side() -> None:
    assert len(split(numbered(11))[1]) == 5
    twice = [*numbered(40), *(Pair(p.question.upper() + " ", "SELECT 2") for p in numbered(40))]
    learned, held = split(twice)
    assert not {p.digest for p in learned} & {p.digest for p in held}
