"""A process that writes to a memory until it is killed; it prints the id of what was stored, line by line.

python kill_writer.py FOLDER BEGIN
"""

from __future__ import annotations

import sys
from pathlib import Path

from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.memory import Memory
from llmauto_agent.memory.upkeep import embed_pending


def main() -> None:
    number = int(sys.argv[2])
    with Memory(Path(sys.argv[1]), None) as memory:
        while True:
            stored = memory.add(
                [Entry("finding", f"finding number {number} of the run, about orders and returns")]
            )
            sys.stdout.write(f"{stored[0].id} {number}\n")
            sys.stdout.flush()
            if number % 4 == 0:
                embed_pending(memory.stores()[0], memory.embedder(), "schema")
            if number % 10 == 0:
                memory.forget([stored[0].id])
                sys.stdout.write(f"forgot {stored[0].id}\n")
                sys.stdout.flush()
            number += 1


if __name__ == "__main__":
    main()
