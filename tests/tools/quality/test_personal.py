from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


import pytest

from llmauto_tools.quality.checksums import is_card, is_chinese_id, is_iban, is_ip, is_ssn, luhn
from llmauto_tools.quality.personal import mask

# Numbers that their issuers publish for tests and examples.
CARD, IBAN, CHINESE = "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "11010519491231002X"


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (is_card, CARD, "4111 1111 1111 1112"),
        (is_card, "378282246310005", "1234567812345670"),
        (is_iban, IBAN, "GB82 WEST 1234 5698 7654 33"),
        (is_iban, "DE89370400440532013000", "DE89370400440532013001"),
        (is_chinese_id, CHINESE, "110105194912310021"),
        (is_ssn, "219-09-9999", "666-09-9999"),
        (is_ip, "192.168.17.4", "1.2.3.4"),
        (is_ip, "2001:db8::ff00:42:8329", "12:30:45"),
        (luhn, "79927398713", "79927398710"),
    ],
)
def test_check_digits(check: object, right: str, wrong: str) -> None:
    assert callable(check)
    assert (check(right), check(wrong)) == (True, False)


def test_values_are_masked() -> None:
    text = mask(f"call jane.doe@mail.example.com or +44 20 7946 0958, card {CARD}, {IBAN}, 219-09-9999")
    assert text == (
        "call j***@m***.com or +** ** **** **58, card **** **** **** **11, **** **** **** **** **** 32,"
        " ***-**-**99"
    )
    assert (
        mask("order 1234567812345678 of 2024-01-31, 12:30") == "order 1234567812345678 of 2024-01-31, 12:30"
    )


def test_personal_data_is_found_and_never_shown(lab: Lab) -> None:
    t = lab.table(
        "t",
        "SELECT 'user' || i || '@example.org' AS mail, CASE WHEN i % 9 = 0 THEN 'write to bob' || i || '@example.org'"
        " ELSE 'nothing to say' END AS remark, '+1 202-555-' || (1000 + i) AS phone, 4111111111111111 AS card,"
        " '10.20.30.' || (i % 200) AS address, '2024-' || (1000 + i) AS invoice, 1000000000 + i * 7919 AS number,"
        " '1.2.' || i AS version, i % 2 AS y FROM range(100) r(i)",
    )
    found = {f["columns"]: f for f in lab.findings(t, "personal")}
    assert set(found) == {"'mail'", "'remark'", "'phone'", "'card'", "'address'"}
    assert found["'remark'"]["count"] == 12
    assert found["'mail'"]["examples"] == "u***@e***.org"
    evidence = lab.check(t)
    shown = str([evidence.rows, evidence.sections, evidence.text, evidence.notes])
    for secret in ("example.org", "555-1", "4111", "10.20.30"):
        assert secret not in shown
