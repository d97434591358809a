"""What the kernel holds a process to, seen from a child that has promised it."""

import ast
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.main import COMMANDS

_CHILD = """
import ctypes, logging, resource, sys
from agent import process

logging.basicConfig(stream=sys.stdout, format="%(message)s")
process.keep_memory_private()
print("core", *resource.getrlimit(resource.RLIMIT_CORE))
print("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)


def test_private_memory_leaves_no_core_file_and_no_debugger() -> None:
    done = _run(_CHILD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["core 0 0", "dumpable 0"]


def test_kernel_that_refuses_is_reported_and_stops_nothing() -> None:
    refused = "process.ctypes.CDLL = lambda *_, **__: type('', (), {'prctl': lambda *_: -1})()"
    done = _run(_CHILD.replace("process.keep", f"{refused}\nprocess.keep").rpartition("print(")[0])
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].startswith("the kernel does not let this process forbid core files")
    assert done.stdout.splitlines()[1] == "core 0 0"


_THREADS = """
import ctypes, sys, threading
from agent import process

if sys.argv[1] == "shared":
    process.spare_memory()
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
places, all_there = [], threading.Barrier(9)

def allocate():
    places.append(library.malloc(5000))
    all_there.wait()

for _ in range(8):
    threading.Thread(target=allocate).start()
all_there.wait()
print(len({place >> 26 for place in places}))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_that_share_memory_do_not_begin_an_arena_each() -> None:
    """Each further arena of glibc lies in a range of its own of 64 MiB, aligned to that."""
    arenas = {
        how: int(subprocess.check_output([sys.executable, "-c", _THREADS, how], text=True, timeout=60))
        for how in ("shared", "apart")
    }
    assert arenas["shared"] == 1
    assert arenas["apart"] > 1


_LARGE = """
import ctypes, sys
from agent import process

if sys.argv[1] == "spared":
    process.spare_memory()
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.sbrk.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
library.free(library.malloc(1 << 20))
print("heap" if library.malloc(1 << 20) < library.sbrk(0) else "mapped")
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="thresholds are glibc's")
@pytest.mark.parametrize(("how", "place"), [("spared", "mapped"), ("as it is", "heap")])
def test_large_block_is_given_back_when_it_is_freed_though_others_were(how: str, place: str) -> None:
    """The heap ends at the program's break, sbrk(0); what is mapped for itself lies above."""
    assert subprocess.check_output([sys.executable, "-c", _LARGE, how], text=True, timeout=60) == f"{place}\n"


_HOLES = """
import ctypes
from pathlib import Path
from agent import process

library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
library.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

blocks = [library.malloc(1000) for _ in range(50_001)]
for block in blocks:
    library.memset(block, 1, 1000)
for number, block in enumerate(blocks):
    if number % 1000:
        library.free(block)
full = resident()
process.give_memory_back()
print(full - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim(3) is glibc's")
def test_memory_between_what_lasts_is_given_back() -> None:
    """Fifty blocks of fifty thousand last, the newest among them: the heap cannot end before it."""
    assert int(subprocess.check_output([sys.executable, "-c", _HOLES], text=True, timeout=60)) > 40_000_000


_CYCLES = """
import sys, weakref
from collections import deque
from agent import process

class Try:
    def __init__(self):
        self.itself = self

lasting = [[] for _ in range(400_000)]
if sys.argv[1] == "settled":
    process.settle_memory()
alive, most, recent = set(), 0, deque(maxlen=2_000)
for number in range(100_000):
    recent.append(Try())
    alive.add(weakref.ref(recent[-1], alive.discard))
    most = max(most, len(alive) - len(recent))
print(most)
"""


def test_garbage_is_collected_however_much_was_alive_at_the_start() -> None:
    """Each object lives long enough to be taken for one that lasts; then nothing but a cycle holds it."""
    most = {
        how: int(subprocess.check_output([sys.executable, "-c", _CYCLES, how], text=True, timeout=60))
        for how in ("settled", "as it is")
    }
    assert most["settled"] < 8_000
    assert most["as it is"] > 20_000


def test_text_of_an_error_that_ends_the_process_is_not_shown() -> None:
    code = "from agent import process\nprocess.keep_memory_private()\nint('02:00:00:00:00:01')"
    done = _run(code)
    assert done.returncode == 1
    assert "02:00" not in done.stderr
    assert done.stderr.endswith("builtins.ValueError\n")


_CLI = Path(__file__).parents[2] / "agent" / "cli"
_SENSING = {"agent.sensors", "agent.service", "agent.unit"}


def _imports(name: str) -> set[str]:
    """Return the modules that a module of the commands imports, wherever in it it does."""
    file = _CLI.parents[1].joinpath(*name.split("."))
    source = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _reached(command: str) -> set[str]:
    """Return everything that a command imports, itself or through other modules of the commands."""
    waiting, reached = [f"agent.cli.{command}"], set[str]()
    while waiting:
        name = waiting.pop()
        for found in _imports(name) - reached:
            reached.add(found)
            inside = _CLI.parents[1].joinpath(*found.split("."))
            if found.startswith("agent.cli.") and (inside.is_dir() or inside.with_suffix(".py").is_file()):
                waiting.append(found)
    return reached


def _opens_sensors(command: str) -> bool:
    return not _reached(command).isdisjoint(_SENSING)


def test_commands_that_open_sensors_are_the_ones_that_are_known() -> None:
    assert {command for command in COMMANDS if _opens_sensors(command)} >= {"once", "run"}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_that_opens_sensors_keeps_its_memory_private(command: str) -> None:
    calls = "keep_memory_private()" in (_CLI / f"{command}.py").read_text() if _opens_sensors(command) else True
    assert calls, f"{command} opens sensors; it must call agent.process.keep_memory_private first"
