"""The status line below the prompt: model, share level, sources, tokens, cost, and what runs in the background."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto.chat.state import Chat
from llmauto.render.text import clean, cut, width

_SHOWN_TABLES = 4


def toolbar(chat: Chat, columns: int) -> str:
    """The line in at most `columns` cells. What is told first is kept longest; the sources are cut before that."""
    separator = " · " if chat.screen.unicode else " | "
    sources = _sources(chat)
    remote = chat.session.model != "builtin"
    parts = [
        *(clean(p, chat.screen.unicode) for p in background(chat)),
        clean(chat.session.model),
        *([f"share {chat.session.share}"] if remote else []),
        sources[0],
        *([spent(chat)] if remote else []),
        "/help",
    ]
    for shorter in sources[1:]:
        if width(separator.join(parts)) <= columns:
            break
        parts = [shorter if p in sources else p for p in parts]
    while len(parts) > 2 and width(separator.join(parts)) > columns:
        parts.pop()
    return cut(separator.join(parts), columns, chat.screen.ellipsis)


def _sources(chat: Chat) -> list[str]:
    """The tables by name, then fewer of them, then only how many there are."""
    names = [clean(t.name, chat.screen.unicode) for t in chat.workspace.tables()]
    if not names:
        return ["no source: /add FILE"]

    def listed(shown: int) -> str:
        more = len(names) - shown
        return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")

    count = f"{len(names)} {'table' if len(names) == 1 else 'tables'}"
    most = min(_SHOWN_TABLES, len(names))
    return list(dict.fromkeys([*(listed(n) for n in range(most, 0, -1)), count]))


def spent(chat: Chat) -> str:
    """Tokens, and what they cost where the prices are known."""
    used = sum(chat.tokens.values())
    said = f"{used:,} tokens" if used < 100_000 else f"{used / 1000:,.0f}k tokens"
    price = cost(chat.tokens, chat.settings.token_price)
    return said if price is None else f"{said}, {money(price)}"


def cost(tokens: dict[str, int], token_price: str | None) -> float | None:
    """Dollars for tokens at "INPUT/OUTPUT" dollars per million; None where no price is set."""
    if token_price is None:
        return None
    each, _, output = token_price.partition("/")
    prices = {"input": float(each), "output": float(output)}
    return sum(n * prices[kind] / 1e6 for kind, n in tokens.items() if kind in prices)


def money(dollars: float) -> str:
    return f"${dollars:.4f}" if 0 < dollars < 0.01 else f"${dollars:.2f}"


def background(chat: Chat) -> Sequence[str]:
    """What runs in the background says of itself; one that has ended says nothing."""
    return [said for report in chat.background if (said := report())]
