"""Which process is meant: a process id alone is given to another process after a while."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path


def start_token(pid: int) -> str:
    """A text that no other process of this id has: the machine's boot and the process's start in it.

    Empty where the system does not tell (not Linux), or when there is no such process.
    """
    if pid == os.getpid():
        return _own_token(pid)
    return _read_token(pid)


def same_process(pid: int, token: str) -> bool:
    """The process of that id and start token is running on this machine."""
    if sys.platform == "linux":
        return token != "" and _read_token(pid) == token
    return is_running(pid)


def is_running(pid: int) -> bool:
    """Some process of that id is running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@functools.lru_cache(maxsize=4)  # by id, since a forked child is another process
def _own_token(pid: int) -> str:
    return _read_token(pid)


def _read_token(pid: int) -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # Field 22 is the start in clock ticks since boot, field 3 the state; the name in field 2 may hold
    # anything. A zombie has ended.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{boot}/{fields[19]}"
