"""What is done about a bus or a sensor that hangs: it is opened anew, then the process restarts, then it is left out.

In: how each poller gets on, and the threads of each bus. Out: texts of what hangs, for the log and the status; at
last `RestartNeeded`. Never: a restart that was not counted; a wait for what hangs.

A call that does not come back is given up by its bus within seconds, and the poller opens the bus anew: a new thread,
a new descriptor (`drivers.bus`). When that has failed twice the bus is stuck. A poller whose deadline has passed is
one that no timeout could stop; its bus is closed under it, and if it does not get on after that it is stuck. For
what is stuck the process restarts, at most `restarts.LIMIT` times in 24 hours. After that the unit works on without
it, and says so; it comes back by itself when the kernel lets the threads go. `agent.uplink.ladder` says when a
restart is wanted for the uplink.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from agent.clock import Clock
from agent.poller import Poller
from agent.restarts import HUNG, UNREACHED, UPLINK, RestartNeeded, Restarts
from agent.sensors import AnyBus

_LOG = logging.getLogger(__name__)
_NS: Final = 1_000_000_000
REOPENED_S: Final = 30.0
"""So long a poller has to get on after its bus was closed under it."""
UPLINK_LIMIT: Final = 2

_Stuck = dict[str, tuple[str, bool]]
"""Part to what hangs, and whether its bus was opened anew in vain."""


class Supervisor:
    """Looks after buses and pollers.

    Attributes:
        left_out: parts without which the unit works on, with the reason.

    Args:
        buses: by name.
        bus_of: sensor to bus.
        restarts: says whether there may be one.
        clock: monotonic time.
    """

    def __init__(
        self, buses: Mapping[str, AnyBus], *, bus_of: Mapping[str, str], restarts: Restarts, clock: Clock
    ) -> None:
        self.left_out: dict[str, str] = {}
        self._buses = buses
        self._bus_of = bus_of
        self._restarts = restarts
        self._clock = clock
        self._failed: set[str] = set()
        self._closed: dict[str, tuple[int, asyncio.Task[None]]] = {}

    def look(self, pollers: Sequence[Poller]) -> list[str]:
        """Return what hangs, in words.

        Raises:
            RestartNeeded: only a new process can help, and there may be one.
        """
        stuck = self._stuck_buses() | self._stuck_pollers(pollers)
        for part in [part for part in self.left_out if part not in stuck and part not in self._failed]:
            del self.left_out[part]
            _LOG.info("%s: works again", part)
        for part, (text, reopened) in stuck.items():
            if reopened and part not in self.left_out:
                self._escalate(part, text)
        return [text for text, _ in stuck.values()]

    def failed(self, sensor: str) -> str | None:
        """Return why a sensor whose driver failed in a way that nobody expected is left out; None to restart."""
        part = f"sensor {sensor}"
        if self._restarts.spend(part):
            return None
        reason = f"its driver has failed again after {self._restarts.count(part)} restarts in 24 hours: report it"
        self._failed.add(part)
        self.left_out[part] = reason
        return reason

    def uplink_stuck(self) -> None:
        """Restart because this process alone does not reach the broker; return if there were enough restarts.

        Raises:
            RestartNeeded: there may be one.
        """
        text = "a new process reaches the broker, this one does not"
        if self._restarts.spend(UPLINK, limit=UPLINK_LIMIT):
            raise RestartNeeded(f"{text}; restarting", exit_code=UNREACHED)
        _LOG.error("%s; restarting has not helped", text)

    def state(self) -> Mapping[str, object]:
        """Return what `lamppost status` shows."""
        return {"restarts": self._restarts.count(), "left_out": dict(self.left_out)}

    def _stuck_buses(self) -> "_Stuck":
        """Return the buses that hang although they were opened anew."""
        return {
            f"bus {name}": (f"bus {name} ({bus.path}), {self._on(name)}: hangs although it was opened anew", True)
            for name, bus in self._buses.items()
            if bus.abandoned.full
        }

    def _stuck_pollers(self, pollers: Sequence[Poller]) -> "_Stuck":
        """Return the sensors whose poller hangs; their buses are closed under them."""
        now_ns = self._clock.mono_ns()
        hung = [poller.sensor for poller in pollers if _is_late(poller, now_ns)]
        self._closed = {sensor: closing for sensor, closing in self._closed.items() if sensor in hung}
        return {f"sensor {sensor}": self._reopened(sensor, now_ns) for sensor in hung}

    def _reopened(self, sensor: str, now_ns: int) -> tuple[str, bool]:
        """Close the bus of a sensor that hangs, once; return what hangs and whether that has not helped."""
        if sensor not in self._closed:
            bus = self._buses[self._bus_of[sensor]]
            closing = asyncio.create_task(bus.close(), name=f"closing {bus.path}")
            self._closed[sensor] = now_ns, closing
            _LOG.error("no progress: %s; its bus is opened anew", self._where(sensor))
        if now_ns - self._closed[sensor][0] < REOPENED_S * _NS:
            return self._where(sensor), False
        return f"{self._where(sensor)}: hangs although its bus was opened anew", True

    def _escalate(self, part: str, text: str) -> None:
        if self._restarts.spend(part):
            raise RestartNeeded(f"{text}; restarting", exit_code=HUNG)
        self.left_out[part] = f"{text}; restarting has not helped ({self._restarts.count(part)} times in 24 hours)"
        _LOG.error("%s; the unit works on without it", self.left_out[part])

    def _where(self, sensor: str) -> str:
        bus = self._bus_of[sensor]
        return f"sensor {sensor} on bus {bus} ({self._buses[bus].path})"

    def _on(self, bus: str) -> str:
        sensors = [sensor for sensor, other in self._bus_of.items() if other == bus]
        return f"sensor{'s' if len(sensors) > 1 else ''} {', '.join(sensors)}"


def _is_late(poller: Poller, now_ns: int) -> bool:
    return now_ns - poller.progress_mono_ns > poller.deadline_s * _NS
