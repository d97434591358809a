"""What the kernel keeps of a process that crashes: nothing of an agent, everything of one that does not forbid it.

In: processes. Out: how they ended, whether another may look into them, the core files they left. Never: a core file
that stays, because the control's holds identifiers.

A core file is written where /proc/sys/kernel/core_pattern says, by the kernel or by a program that it pipes to; of
the latter only the parent's notice tells (CLD_DUMPED, wait(2)). A process that is not dumpable (prctl(2),
PR_SET_DUMPABLE) leaves none either way, and nobody without capabilities may read its /proc/PID/maps (proc(5)), not
even its own user. Whoever has fewer capabilities than a process may not read that either (capabilities(7)): so for
this comparison agent, control and observer all run without any, as the agent does under systemd.
"""

import asyncio
import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.broker import find_program
from tests.support.process import until

_PATTERN = Path("/proc/sys/kernel/core_pattern")
_USES_PID = Path("/proc/sys/kernel/core_uses_pid")
_LIMIT = re.compile(r"^Max core file size +(\S+) +(\S+)", re.MULTILINE)
_CONTROL = """
import os, sys
kept = sys.stdin.buffer.readline()
os.chdir(sys.argv[1])
print("ready", flush=True)
while True:
    sys.stdin.buffer.readline()
"""


@contextlib.contextmanager
def cores_allowed() -> Iterator[str]:
    """Raise this process's limit of core files, and so that of all it starts, as far as it may; yield it in words."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    with contextlib.suppress(ValueError, OSError):  # only the superuser may raise the hard limit
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield "unlimited" if hard == resource.RLIM_INFINITY else f"{hard} bytes"
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, before)


def _without_capabilities() -> tuple[str, ...]:
    setpriv = find_program("setpriv")
    return () if setpriv is None else (setpriv, "--bounding-set", "-all", "--inh-caps", "-all", "--")


WITHOUT_CAPABILITIES = _without_capabilities()
"""What is put before a command so that it has none; empty where there is no setpriv."""


def pattern() -> str:
    """Return where this machine puts core files."""
    return _PATTERN.read_text().strip()


def core_files(pid: int, folder: Path) -> dict[Path, int]:
    """Return files that may be the core of a process that works in `folder`, with the time of their last change."""
    name = pattern()
    if name.startswith("|"):
        return {}
    name = re.sub(r"%(.)", lambda match: {"p": str(pid), "%": "%"}.get(match[1], "*"), name)
    where = Path(name).parent if name.startswith("/") else folder / Path(name).parent
    names = {Path(name).name, f"{Path(name).name}.{pid}"} if "*" not in name else {f"{Path(name).name}*"}
    found = {path for one in names for path in where.glob(one) if path.is_file()}
    return {path: path.stat().st_mtime_ns for path in found}


async def ending(pid: int) -> tuple[int, bool]:
    """Return the signal that ended a child, and whether a core was dumped; somebody else reaps it."""
    await until(lambda: _ended(pid) is not None, what="the end of a process")
    found = _ended(pid)
    assert found is not None
    return found.si_status, found.si_code == os.CLD_DUMPED


def _ended(pid: int) -> os.waitid_result | None:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def may_be_looked_into(pid: int) -> bool | None:
    """Return whether this user, without capabilities, may read /proc/PID/maps; None if that cannot be tried."""
    command = [*WITHOUT_CAPABILITIES, "cat", f"/proc/{pid}/maps"]
    if os.geteuid() == 0 and not WITHOUT_CAPABILITIES:
        return None
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def exposed(pid: int, name: str) -> list[str]:
    """Return what is wrong with a running agent: core files allowed, memory open to others."""
    found = _LIMIT.search(Path(f"/proc/{pid}/limits").read_text())
    limits = () if found is None else found.groups()
    wrong = [] if limits == ("0", "0") else [f"{name}: its limits of core files are {limits} in /proc/PID/limits"]
    if may_be_looked_into(pid):
        wrong.append(f"{name}: /proc/PID/maps can be read: it is dumpable")
    return wrong


async def control(folder: Path, identifier: bytes) -> tuple[str, list[str]]:
    """Crash a process that forbids nothing and holds an identifier; return what came of it, and what is wrong.

    Its core file is searched, and taken away.
    """
    child = await asyncio.to_thread(_start_control, folder, identifier)
    try:
        seen = may_be_looked_into(child.pid)
        child.send_signal(signal.SIGSEGV)
        number, dumped = await ending(child.pid)
        cores = core_files(child.pid, folder)
        found = [identifier in path.read_bytes() for path in cores]
    finally:
        child.kill()
        child.communicate()
        for path in core_files(child.pid, folder):
            path.unlink()
    wrong = [] if number == signal.SIGSEGV else [f"the control ended by signal {number}"]
    wrong += (
        [] if seen is not False else ["the control's /proc/PID/maps cannot be read: nothing is shown of the agent's"]
    )
    wrong += ["the control's core file does not hold its identifier"] if found and not any(found) else []
    return _in_words(dumped=dumped, cores=len(cores), seen=seen), wrong


def _start_control(folder: Path, identifier: bytes) -> "subprocess.Popen[bytes]":
    folder.mkdir()
    command = [*WITHOUT_CAPABILITIES, sys.executable, "-c", _CONTROL, str(folder)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(identifier + b"\n")
    child.stdin.flush()
    child.stdout.readline()
    return child


def _in_words(*, dumped: bool, cores: int, seen: bool | None) -> str:
    core = f"{cores} core file, which held its identifier" if cores else "a core, which this machine puts elsewhere"
    left = core if dumped else "no core: this machine dumps none, so the agent's silence shows nothing here"
    look = {True: "could be looked into", False: "could not be looked into", None: "was not looked into: no setpriv"}
    return f"control without these limits: {look[seen]}, and left {left}"
