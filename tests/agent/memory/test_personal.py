from __future__ import annotations

from pathlib import Path

import pytest
from memory_files import holds

from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.keep import without_sensitive
from llmauto_agent.memory.memory import Memory
from llmauto_agent.memory.personal import sensitive
from llmauto_tools.errors import InvalidArguments


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("orders of ada.quill@example.com", "e-mail address"),
        ("card 4111 1111 1111 1111 was charged", "card number"),
        ("call +44 20 7946 0958 for the totals", "phone number"),
        ("客户手机 13812345678", "phone number"),
        ("account DE89 3704 0044 0532 0130 00", "bank account (IBAN)"),
        ("use sk-proj-abcdefghijklmnopqrstuv", "access key"),
        ("AKIAIOSFODNN7EXAMPLE has the data", "access key"),
        ("postgres://bob:hunter22@db/sales", "address with a password"),
        ("the password is swordfish", "password"),
        ("密码是abcd1234", "password"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_personal_data_and_secrets_are_not_stored_unless_the_person_says_so(
    memory: Memory, tmp_path: Path, text: str, kind: str
) -> None:
    assert kind in sensitive(text)
    with pytest.raises(InvalidArguments, match="personal data or a secret"):
        memory.add([Entry("finding", text)])
    with pytest.raises(InvalidArguments):
        memory.add([Entry("finding", "harmless", data={"a": [{"sql": text}]})])
    assert memory.empty()
    memory.add([Entry("finding", text)], allow_personal=True)
    assert holds(tmp_path, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "ARR means sum of mrr * 12 where status is active",
        "revenue rose from 1,234,567.89 to 2,345,678.90 in 2023-01-05",
        "password resets per month are counted by day",
        "the key of the table is order_id, the secret of success is patience",
        "Cost centre 4711 was merged into 4720 on 1 January 2024",
        "version 1.2.3.4 of the report, evidence e12, session 20261124-573705",
    ],
)
def test_ordinary_facts_are_no_secrets(text: str) -> None:
    assert sensitive(text) == []


def test_what_is_kept_without_asking_leaves_them_out() -> None:
    question = Entry(
        "question", "who ordered most?", data={"answer": "ada.quill@example.com with 12", "sql": "SELECT 1"}
    )
    cell = Entry(
        "question",
        "orders of one",
        data={"answer": "3", "sql": "SELECT * WHERE mail = 'ada.quill@example.com'"},
    )
    finding = Entry("finding", "ada.quill@example.com orders most")
    [kept] = without_sensitive([question, cell, finding])
    assert kept.text == "who ordered most?"
    assert kept.data == {"answer": "", "sql": "SELECT 1"}
