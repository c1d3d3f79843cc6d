"""A chat model writes the summary: placeholders are printed, what it makes up is returned, then marked."""

from __future__ import annotations

import dataclasses
import json

import pytest
from langchain_core.messages import AIMessage
from report_parts import insight, records

from llmauto_agent.report.author import Author, facts_of
from llmauto_agent.report.draft import Material, make_draft
from llmauto_agent.report.goal import Goal
from llmauto_agent.report.roles import Roles
from llmauto_agent.report.verify import verify_document
from llmauto_agent.testing import ScriptedChatModel
from llmauto_tools.documents.model import Document, ListBlock, Unverified, plain
from llmauto_tools.errors import ModelError
from llmauto_tools.ledger import Evidence

VALUE = "{{e2.figures.insights[0].values.%s}}"
GOOD = f"- Sales rose from {VALUE % 'first'} to {VALUE % 'last'}.\n- More than half ({VALUE % 'share|percent'}) are in {VALUE % 'group'}."
MADE_UP = "- Sales rose by 47% in 2031."
WRONG_WAY = f"- Sales fell from {VALUE % 'first'} to {VALUE % 'last'}."
NO_PLACE = f"- Sales were {VALUE % 'lost'}."


@pytest.fixture
def material() -> Material:
    profile = Evidence(
        "e1", "profile", {"table": "t"}, "finished", columns=(("column", "VARCHAR"),), rows=(("sales",),),
        figures={"rows": 720, "columns": 5, "missing_values": 0, "missing_percent": 0.0},
    )  # fmt: skip
    insights = dataclasses.replace(records()["e2"], figures={"insights": [insight()]})
    goal = Goal("What drives sales?", "en", "exploratory", "t")
    done = {"profile": profile, "insights": insights}
    return Material(goal, Roles("t"), done, (), ("t.csv",), template=None)


@pytest.fixture
def draft(material: Material, tmp_path: object) -> Document:
    """A draft without the profile's table, which this small evidence lacks."""
    from pathlib import Path

    own = Path(str(tmp_path)) / "own.md.j2"
    own.write_text(
        "# {{ title }}\n## Summary {{ key('summary') }}\n- {{ findings[0].sentence }}\n## A\n::appendix\n"
    )
    return make_draft(dataclasses.replace(material, template=own))


def author(*replies: str, share: str = "schema") -> Author:
    return Author(ScriptedChatModel(steps=[AIMessage(r) for r in replies]), "fake", share)


def written(who: Author, draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch) -> Document:
    from llmauto_agent.report import author as module

    monkeypatch.setattr(module, "_summary", lambda m: [])
    return verify_document(who(draft, material), material.by_id, strict=True).document


def lines(document: Document) -> list[str]:
    return [plain(i) for b in document.blocks if isinstance(b, ListBlock) for i in b.items]


def test_placeholders_are_printed(
    draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = author(GOOD)
    document = written(who, draft, material, monkeypatch)
    assert lines(document) == ["Sales rose from 79.94 to 113.52.", "More than half (57.3%) are in North."]
    assert document.meta.unverified == ()
    assert document.meta.model == "fake"
    assert who.returned == 0


@pytest.mark.parametrize("bad", [MADE_UP, WRONG_WAY, NO_PLACE])
def test_what_is_wrong_is_returned_and_put_right(
    bad: str, draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = author(bad, GOOD)
    document = written(who, draft, material, monkeypatch)
    assert who.returned == 1
    assert document.meta.unverified == ()
    [_, (_, said, returned)] = who.model.seen  # type: ignore[attr-defined]
    assert said.text == bad
    assert "not borne out" in returned.text


def test_what_stays_wrong_is_marked(
    draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = author(MADE_UP)
    document = written(who, draft, material, monkeypatch)
    assert who.returned == 2
    assert "47%" in document.meta.unverified
    marked = [
        p.text
        for b in document.blocks
        if isinstance(b, ListBlock)
        for i in b.items
        for p in i
        if isinstance(p, Unverified)
    ]
    assert marked[0] in ("rose", "47%")


def test_markup_that_is_no_line_is_not_obeyed(
    draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = author("# Heading\n::table e1\n" + GOOD)
    assert len(lines(written(who, draft, material, monkeypatch))) == 2


def test_at_the_level_schema_no_value_and_no_cell_is_sent(
    material: Material, monkeypatch: pytest.MonkeyPatch, draft: Document
) -> None:
    who = author(GOOD)
    written(who, draft, material, monkeypatch)
    sent = "\n".join(m.text for m in who.model.seen[0])  # type: ignore[attr-defined]
    assert "North" not in sent
    assert "79.94" not in sent
    assert VALUE % "first" in sent.replace("|number", "")
    freer = author(GOOD, share="results")
    written(freer, draft, material, monkeypatch)
    assert "79.94" in "\n".join(m.text for m in freer.model.seen[0])  # type: ignore[attr-defined]


def test_the_facts_name_their_columns(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_agent.report import author as module

    monkeypatch.setattr(module, "_summary", lambda m: [])
    [(about, told, values, kind)] = facts_of(material)
    assert (about, kind) == ("sales", "trend")
    assert "North" in json.dumps(values)
    assert told.startswith("Average sales rose from {{e2.")


def test_a_model_that_fails_is_named(
    draft: Document, material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = Author(ScriptedChatModel(steps=[RuntimeError("no quota")]), "openai:x")
    with pytest.raises(ModelError, match="openai:x"):
        written(who, draft, material, monkeypatch)
