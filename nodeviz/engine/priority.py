"""Which process waits for which, where the system can be told."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "linux":

    def only_when_idle(pid: int) -> bool:
        """Let process `pid`, just spawned, run where a core has nothing else to do; whether that can be had."""
        return _schedule(pid, os.SCHED_IDLE)

    def as_others(pid: int) -> bool:
        """Let process `pid`, with all its threads, run as processes usually do, at its own niceness."""
        return _schedule(pid, os.SCHED_OTHER)

    def _schedule(pid: int, policy: int) -> bool:
        with suppress(OSError):  # the process may be gone
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setscheduler(int(thread.name), policy, os.sched_param(0))
            return True
        return False

else:

    def only_when_idle(pid: int) -> bool:
        """Elsewhere a process that stepped back needs rights to come forward again."""
        return False

    def as_others(pid: int) -> bool:
        """They do already."""
        return False
