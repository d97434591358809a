"""What the kernel holds a process to, seen from a child that has promised it."""

import subprocess
import sys

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
