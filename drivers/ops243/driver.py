"""The driver of an OPS243-A: the radar sends, this listens and makes vehicles of it; one reading a vehicle.

In: a serial line. Out: readings, when a vehicle has passed. Never: a setting that outlasts a power cut, a line's text
anywhere.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.bus.api import SerialLine
from drivers.errors import BusTimeout, ChipError
from drivers.lines import LineParser
from drivers.listener import Listener
from drivers.ops243 import decode, lines
from drivers.ops243.lines import Report
from drivers.ops243.passages import Passage, Passages
from drivers.reading import Clock, Reading
from drivers.tripwire import Tally

NO_LIMIT_S = 86_400.0

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000
_SLOWEST_KMH = 200
_SHORTEST_GAP_MS, _LONGEST_GAP_MS = 100, 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        slowest_kmh: what is slower is no vehicle: people on foot.
        gap_ms: how long nothing of its direction comes after a vehicle. 650 is what others use with this sensor.
        longest_s: a vehicle that is seen for longer is counted, and another one begins: dense traffic.
        silence_s: seconds without a report after which the radar counts as failed; 0 means a day. A street without
            traffic is silent too, and a sensor's state is published: set this only where it is never quiet.
    """

    slowest_kmh: int = 10
    gap_ms: int = 650
    longest_s: int = 10
    silence_s: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no vehicles."""
        if not 0 <= self.slowest_kmh <= _SLOWEST_KMH:
            raise ValueError(f"slowest_kmh: expected 0 to {_SLOWEST_KMH} km/h, found {self.slowest_kmh}")
        if not _SHORTEST_GAP_MS <= self.gap_ms <= _LONGEST_GAP_MS:
            expected = f"{_SHORTEST_GAP_MS} to {_LONGEST_GAP_MS} ms"
            raise ValueError(f"gap_ms: expected {expected}, found {self.gap_ms}")
        if self.longest_s < 1:
            raise ValueError(f"longest_s: expected 1 second or more, found {self.longest_s}")
        if not 0 <= self.silence_s <= NO_LIMIT_S:
            raise ValueError(f"silence_s: expected 0 to {NO_LIMIT_S:.0f} seconds, found {self.silence_s}")


class Ops243:
    """One radar."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._silence_s = float(options.silence_s) or NO_LIMIT_S
        self._tally = Tally()
        self._listener: Listener[Report] = Listener(lines.CHIP, line, clock, parser=self._parser)
        self._ended: deque[Passage] = deque()
        self._passages = Passages(
            gap_ns=options.gap_ms * _NS_PER_MS,
            longest_ns=options.longest_s * _NS_PER_S,
            slowest_cm_s=options.slowest_kmh * 1000 // 36,
        )

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which something looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Set the radar up; one whose RX is not connected sends in metres a second as well."""
        await self._listener.open()
        for command in lines.SET_UP:
            await self._line.write(command)

    async def sample(self) -> Reading:
        """Return the next vehicle, when it has passed. Cancelling it loses no vehicle.

        Raises:
            BusTimeout: nothing came for `silence_s`.
            InvalidData: bytes came, but no report.
        """
        while not self._ended:
            await self._listen()
        passage = self._ended.popleft()
        return Reading(mono_ns=passage.mono_ns, values=decode.values(passage), raw=decode.ticks(passage))

    async def close(self) -> None:
        """Close the line; the radar goes on."""
        await self._line.close()

    async def _listen(self) -> None:
        due_ns = self._passages.due_ns
        timeout_s = self._silence_s if due_ns is None else max(due_ns - self._clock.mono_ns(), 1) / _NS_PER_S
        try:
            mono_ns, report = await self._listener.next(timeout_s=timeout_s)
        except (BusTimeout, ChipError):
            if due_ns is None:
                raise
            self._ended += self._passages.expire(due_ns)
        else:
            self._ended += self._passages.report(mono_ns, report)

    def _parser(self) -> LineParser[Report]:
        return lines.parser(self._tally)
