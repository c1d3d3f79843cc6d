"""The symbols of the grammar as numbers, and what each allows as a mask over tokens and kinds."""

from __future__ import annotations

from llmauto_agent.planner.neural.grammar import START, Action, Pointer, Token, allowed, step


def _reachable() -> tuple[str, ...]:
    """Every symbol that can come to the top of the stack, in a fixed order."""
    seen: dict[str, None] = {}
    waiting = [START]
    while waiting:
        stack = waiting.pop()
        symbol = stack[-1]
        if symbol in seen:
            continue
        seen[symbol] = None
        may = allowed(symbol)
        actions: list[Action] = [
            *(Token(name) for name in may.tokens),
            *(Pointer(kind, 0) for kind in may.pointers),
        ]
        for action in actions:
            after = step((symbol,), action)
            waiting += [(s,) for s in after]
    return tuple(sorted(seen))


SYMBOLS: tuple[str, ...] = _reachable()
SYMBOL_ID: dict[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS)}
