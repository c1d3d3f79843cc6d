"""The light scan of SQL text."""

from __future__ import annotations

import pytest

from llmauto_tools.sql.scan import nesting_depth, without_trailing_semicolon


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("SELECT 1;", "SELECT 1"),
        (" ; SELECT 1 ; -- x\n /* y */ ;", "SELECT 1"),
        ("SELECT ';' ;", "SELECT ';'"),
        ("SELECT 'it''s;' -- ;", "SELECT 'it''s;'"),
        (r"SELECT e'\';' ;", r"SELECT e'\';'"),
        (r"SELECT '\' ; --'", r"SELECT '\' ; --'"[:10]),
        ('SELECT ";""" ;', 'SELECT ";"""'),
        ("SELECT $a$;$b$;$a$ ;", "SELECT $a$;$b$;$a$"),
        ("SELECT $$;$$;", "SELECT $$;$$"),
        ("SELECT 1 /* /* ; */ ; */;", "SELECT 1"),
        ("SELECT 1 -- x", "SELECT 1"),
        (" -- only\n;;", ""),
    ],
)
def test_without_trailing_semicolon(sql: str, kept: str) -> None:
    assert without_trailing_semicolon(sql) == kept


@pytest.mark.parametrize(
    ("sql", "depth"),
    [
        ("SELECT 1", 0),
        ("SELECT (1 + [2, {'a': (3)}][1])", 4),
        ("SELECT '((((' || \"[[[[\" -- ((((\n", 0),
        ("SELECT CASE WHEN (1) THEN CASE WHEN 2 THEN 3 END END", 2),
        ("/* /* /* */ */ */ SELECT 1", 3),
        ("SELECT " + "(" * 500, 101),
    ],
)
def test_nesting_depth(sql: str, depth: int) -> None:
    assert nesting_depth(sql, 100) == depth
