"""What the kernel says about a process, read from outside: it does not have to cooperate, and pays nothing for it."""

import os
import re
import time
from pathlib import Path

_CPUCLOCK_SCHED = 2
_CUTIME = 13
"""Place of the field after the command's name, whose closing bracket is the last one."""


def cpu_s(pid: int) -> float:
    """Return the processor time of a process: of all its threads, and of the children it has waited for."""
    own_s = time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = int(fields[_CUTIME]) + int(fields[_CUTIME + 1])
    return own_s + children / os.sysconf("SC_CLK_TCK")


def peak_rss_bytes(pid: int) -> int:
    """Return the most memory that a process has held in RAM at one time."""
    return _kib(pid, "VmHWM") * 1024


def rss_bytes(pid: int) -> int:
    """Return the memory that a process holds in RAM now."""
    return _kib(pid, "VmRSS") * 1024


def _kib(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def disk_bytes(pid: int) -> int | None:
    """Return what a process has made the kernel write to disks, in whole pages; memory file systems do not count.

    None when this is hidden: the agent lets nobody but root look at it.
    """
    try:
        text = Path(f"/proc/{pid}/io").read_text()
    except PermissionError:
        return None
    found = re.search(r"^write_bytes: (\d+)$", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
