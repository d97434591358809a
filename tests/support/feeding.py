"""A simulated line on which a sensor sends by itself for as long as a test looks."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from drivers.sim.line import SimulatedLine

_EVERY_S = 0.02


@contextlib.contextmanager
def feeding(link: Path, frame: Callable[[], bytes]) -> Iterator[None]:
    """Send a frame fifty times a second on a simulated line."""
    over = threading.Event()
    with SimulatedLine(link) as line:

        def feed() -> None:
            while not over.wait(_EVERY_S):
                line.send(frame(), timeout_s=0)

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            yield
        finally:
            over.set()
            feeder.join()
