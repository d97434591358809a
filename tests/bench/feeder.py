"""The bench's sensors, in a process of their own: one GNSS receiver and nine PMSx003 on pseudo-terminals.

Each sends once a second, at its own moment of the second of wall time, as sensors that know nothing of each other do:
the agent wakes for each of them. Silent ones are there and never send.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from drivers.sim.captures import read_hexdump
from drivers.sim.gnss import SimulatedGnss
from drivers.sim.line import SimulatedLine
from drivers.sim.pmsx003 import SimulatedPms

GNSS = "gnss"
DUST = tuple(f"dust{number}" for number in range(1, 10))
NODES = (GNSS, *DUST)

_CAPTURE = Path(__file__).resolve().parents[1] / "captures" / "pmsx003.hexdump"
_FIRST_S = 0.05
_APART_S = 0.9 / len(NODES)


def sensors() -> Mapping[str, Callable[[], bytes]]:
    """Return what each sensor sends next, by node. The nine replay one recording, each from another place in it."""
    recorded = read_hexdump(_CAPTURE)
    places = (number * len(recorded) // len(DUST) for number in range(len(DUST)))
    dust = [SimulatedPms.replaying([*recorded[at:], *recorded[:at]]) for at in places]
    gnss = SimulatedGnss(datetime.now(UTC).replace(microsecond=0))
    return {GNSS: gnss.frame, **{name: sensor.frame for name, sensor in zip(DUST, dust, strict=True)}}


def feed(folder: Path, *, silent: bool, stop: threading.Event) -> None:
    """Serve the lines in `folder` until `stop` is set."""
    lines = {name: SimulatedLine(folder / name) for name in NODES}
    print("ready", flush=True)
    if silent:
        stop.wait()
    else:
        _send(lines, sensors(), stop)
    for line in lines.values():
        line.close()


def _send(
    lines: Mapping[str, SimulatedLine], frames: Mapping[str, Callable[[], bytes]], stop: threading.Event
) -> None:
    second = int(time.time()) + 1
    while True:
        for place, (name, frame) in enumerate(frames.items()):
            if stop.wait(max(0.0, second + _FIRST_S + place * _APART_S - time.time())):
                return
            lines[name].send(frame())
        second += 1


def main() -> int:
    """Feed until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.feeder", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--silent", action="store_true")
    chosen = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    feed(chosen.folder, silent=chosen.silent, stop=stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
