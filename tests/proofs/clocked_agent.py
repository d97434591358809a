"""The agent under a false clock: `python -m tests.proofs.clocked_agent FOLDER run FILE ...`, for the proof `clock`.

What wall time the process sees comes from libfaketime, preloaded, which reads `FOLDER/faketime` at each call (offset
in seconds from the machine's own clock). Some things cannot be had from it or from a machine that others use, and
are put in place here, on the test's side, at the agent's own seams:

- what `adjtimex` says of the clock: the agent's handle of the C library is replaced by one whose `adjtimex` fills the
  kernel's structure from `FOLDER/kernel`;
- the boot id, from `FOLDER/boot_id` instead of /proc, and monotonic time, which begins at `FOLDER/booted` (ns);
- each reading that the windows are given is noted in `FOLDER/heard`: its number, when it was taken and how much later
  they got it (ns of the machine's monotonic time), whether windows were overdue to be closed, whether it was dropped
  because its window was not open, and where it lies on which grid;
- `FOLDER/spoiled`, when it is there, makes an agent that invents wall time from a clock that is not set.

All other monotonic time is the machine's own: libfaketime must not touch it, or asyncio waits for ever
(`FAKETIME_DONT_FAKE_MONOTONIC`).
"""

import ctypes
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from agent import clock, discipline, windows
from agent.cli.main import main
from agent.clock import WallTime
from drivers.reading import Reading

STA_PLL, STA_UNSYNC = 0x0001, 0x0040
TIME_OK, TIME_ERROR = 0, 5
"""From Linux's include/uapi/linux/timex.h."""
LIBRARY = "libfaketimeMT.so.1"


def find_library() -> Path | None:
    """Return where libfaketime is, None where it is not installed (Debian: package `faketime`)."""
    found = sorted(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}"))
    return found[0] if found else None


class _Kernel:
    """The C library, as far as the agent asks it for the time."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "kernel"

    def adjtimex(self, pointer: Any) -> int:  # noqa: ANN401 - what ctypes.byref returns has no public type
        """Fill `struct timex` as the kernel would."""
        said = json.loads(self._file.read_text())
        timex = pointer._obj
        timex.maxerror, timex.esterror = said["maxerror_us"], said["esterror_us"]
        timex.status = STA_PLL if said["synchronised"] else STA_UNSYNC
        return TIME_OK if said["synchronised"] else TIME_ERROR


class _Booted:
    """The module `time`, with a monotonic clock that begins at a boot."""

    def __init__(self, folder: Path) -> None:
        self.began_ns = int((folder / "booted").read_text())

    def monotonic_ns(self) -> int:
        """Return ns since that boot."""
        return time.monotonic_ns() - self.began_ns


def _preload(folder: Path) -> None:
    """Start over with libfaketime in front of the C library, under the same process id and descriptors."""
    library = find_library()
    if library is None:
        sys.exit("libfaketime is not installed (Debian: apt install faketime)")
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "faketime"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _invent(self: discipline.KernelDiscipline, mono_ns: int) -> WallTime:  # noqa: ARG001 - the signature of what it replaces
    return WallTime(utc_ns=time.time_ns(), synchronised=True, error_ms=1)


def _dropped(told: windows.Windows) -> int:
    return sum(counters["late_readings"] for counters in told.counters().values())


def _note_readings(folder: Path, began_ns: int) -> None:
    usual = windows.Windows.on_reading
    heard = os.open(folder / "heard", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def on_reading(self: windows.Windows, sensor: str, reading: Reading) -> None:
        taken_ns, late_ns = reading.mono_ns + began_ns, time.monotonic_ns() - reading.mono_ns - began_ns
        overdue, before = self.next_tick_s() == 0, _dropped(self)
        usual(self, sensor, reading)
        grid = self.timeline.grid
        place = (int(grid.boot_id is None), grid.at_ms(reading.mono_ns))
        note = (reading.values["n0_3"], taken_ns, late_ns, int(overdue), _dropped(self) - before, *place)
        os.write(heard, (" ".join(map(str, note)) + "\n").encode())

    windows.Windows.on_reading = on_reading  # type: ignore[method-assign]  # that is the point


def _run(folder: Path, arguments: list[str]) -> int:
    assert isinstance(discipline._libc(), ctypes.CDLL), "the seam is where it was"
    discipline._libc = lambda: _Kernel(folder)  # type: ignore[assignment]  # that is the point
    clock._BOOT_ID = folder / "boot_id"
    vars(clock)["time"] = booted = _Booted(folder)
    _note_readings(folder, booted.began_ns)
    if (folder / "spoiled").exists():
        discipline.KernelDiscipline.wall = _invent  # type: ignore[method-assign]  # that is the point
    return main(arguments)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    if "LD_PRELOAD" not in os.environ:
        _preload(place)
    sys.exit(_run(place, sys.argv[2:]))
