"""What is not remembered unless the person says so: personal data, and secrets.

Personal data are what the quality checks look for in a table (llmauto_tools.quality.personal). Secrets are
keys with a known beginning, private keys, tokens of the web, addresses with a password in them, and values
that are said to be a password or a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from llmauto_tools.errors import InvalidArguments

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("access key", re.compile(
        r"(?<![\w-])(?:sk-[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}"
        r"|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|hf_\w{30,}|(?:sk|pk|rk)_(?:live|test)_\w{16,}|npm_\w{36}|pypi-[\w-]{40,})")),
    ("web token", re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+")),
    ("address with a password", re.compile(r"(?<!\w)[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@", re.IGNORECASE)),
    ("password", re.compile(
        r"(?<![a-z])(?:pass(?:word|wd|phrase)?|pwd|pin|secret|api[ _-]?key|access[ _-]?token|auth[ _-]?token|bearer)\s*"
        r"(?:is|=|:)\s*[\"'`]?[^\s\"'`]{4,}", re.IGNORECASE)),
    ("password", re.compile(r"(?:密码|口令|密钥|令牌)\s*(?:是|为|=|:|：)\s*\S{4,}")),
)  # fmt: skip


def sensitive(text: str) -> list[str]:
    """The kinds of personal data and secrets that a text holds, such as "e-mail address"; empty for none."""
    from llmauto_tools.quality.personal import KINDS

    found = [kind.name for kind in KINDS if any(kind.valid(m[0]) for m in kind.candidate.finditer(text))]
    found += [name for name, pattern in _SECRETS if pattern.search(text)]
    return list(dict.fromkeys(found))


def sensitive_in(value: Any) -> list[str]:
    """The same, of all texts in a JSON value."""
    return list(dict.fromkeys(kind for text in _texts(value) for kind in sensitive(text)))


def refuse_sensitive(text: str, data: Any) -> None:
    """Raise InvalidArguments where a text or its data hold personal data or a secret."""
    found = list(dict.fromkeys([*sensitive(text), *sensitive_in(data)]))
    if found:
        raise InvalidArguments(
            f"This is not remembered, because it holds personal data or a secret: {', '.join(found)}.",
            "Say it without, or give --allow-personal to remember it all the same.",
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
