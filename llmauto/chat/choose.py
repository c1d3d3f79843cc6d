"""An ambiguous question: the readings that it could have, and the one that the person picks by number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmauto.chat.state import Chat
from llmauto_agent.answer import Answer


def offer(chat: Chat, answer: Answer) -> None:
    """Number the readings of an ambiguous question; a number at the prompt asks it again with one."""
    chat.choices = [put_choice(answer.question, answer.choices, choice) for choice in answer.choices]
    for number, choice in enumerate(answer.choices, 1):
        chat.say(f"  {number}  {choice}", "bold")
    if chat.choices:
        chat.say("Type a number, or ask in other words.")


def picked(chat: Chat, line: str) -> str | None:
    """The question that a number picks, or None where the line is no such number."""
    if not line.isdecimal() or not 1 <= int(line) <= len(chat.choices):
        return None
    return chat.choices[int(line) - 1]


def put_choice(question: str, choices: Sequence[str], choice: str) -> str:
    """The question with its ambiguous words made exact.

    These are the longest words of the question that all choices have in common ("city" of "home city"
    and "work city"), or the value that they compare with ("Rome" of "home city = Rome").
    """
    for part in _parts(choices[0]):
        edge = r"\b" if part.isascii() else ""
        found = re.search(f"{edge}{re.escape(part)}{edge}", question, re.IGNORECASE)
        if found and all(part.casefold() in c.casefold() for c in choices):
            return question[: found.start()] + choice + question[found.end() :]
    return f"{question} ({choice})"


def _parts(choice: str) -> list[str]:
    """Runs of whole words, then, where words are not set apart, runs of characters; the longest first."""
    value = choice.partition(" = ")[2]
    words = choice.replace("_", " ").split()
    runs = [" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    if not choice.isascii():
        runs += [choice[i:j] for i in range(len(choice)) for j in range(i + 2, len(choice) + 1)]
    return ([value] if value else []) + sorted(dict.fromkeys(runs), key=len, reverse=True)
