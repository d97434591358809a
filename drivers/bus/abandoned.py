"""The threads of one bus that hang in the kernel: how many there are, and when there may be no more.

In: workers that were given up. Out: whether another one may be started. Never: a thread that is ended by force, which
no system can do.

A thread that hangs in an ioctl or in a tty's driver keeps its stack and its descriptor until the kernel lets it go.
Without a bound a bus that hangs for a month, opened again every minute, would fill the memory with such threads; and
a bus that hung each time it was opened anew will not be mended by one more thread.
"""

from typing import Final

from drivers.bus.worker import BusWorker
from drivers.errors import BusTimeout

MOST: Final = 3
"""So many threads may hang at a time: the first, and those of two openings after it."""


class Abandoned:
    """The workers of one bus that were given up and have not come back."""

    def __init__(self) -> None:
        self._workers: list[BusWorker] = []

    def add(self, worker: BusWorker) -> None:
        """Take note of a worker that was given up."""
        self._workers.append(worker)

    @property
    def stuck(self) -> int:
        """How many hang now; one that came back is forgotten."""
        self._workers = [worker for worker in self._workers if worker.alive]
        return len(self._workers)

    @property
    def full(self) -> bool:
        """Whether opening the bus anew has failed often enough: nothing but a new process is left to try."""
        return self.stuck >= MOST

    def check(self, path: str) -> None:
        """Return if another thread may be started for the bus at `path`.

        Raises:
            BusTimeout: too many hang.
        """
        if self.full:
            problem = (
                f"{MOST} calls hang in the kernel, the last ones after the bus was opened anew. It stays closed "
                "until one comes back or the agent restarts: check wiring and adapter, switch the unit off and on"
            )
            raise BusTimeout(problem, bus=path)
