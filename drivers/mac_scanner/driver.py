"""The driver of a travel-time scanner: one reading a sighting.

In: a serial line. Out: readings; lines that came together are given out one by one without another read. Never: an
address anywhere but in a reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.bus.api import SerialLine
from drivers.listener import Listener
from drivers.mac_scanner.lines import LineParser, Sighting
from drivers.reading import Clock, Reading
from drivers.tripwire import Tally

CHIP = "mac_scanner"
NO_LIMIT_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        silence_s: seconds without a sighting after which the scanner counts as failed; 0 means a day. A street
            without people is silent too, and a scanner's state is published: set this only where it is never quiet.
    """

    silence_s: int = 0

    def __post_init__(self) -> None:
        """Refuse a time that is none, or longer than is ever waited for."""
        if not 0 <= self.silence_s <= NO_LIMIT_S:
            raise ValueError(f"silence_s: expected 0 to {NO_LIMIT_S:.0f} seconds, found {self.silence_s}")


class MacScanner:
    """One scanner."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._timeout_s = float(options.silence_s) or NO_LIMIT_S
        self._tally = Tally()
        self._parser = self._fresh_parser()
        self._listener: Listener[Sighting] = Listener(CHIP, line, clock, parser=self._fresh_parser)

    @property
    def malformed(self) -> int:
        """Lines since `open` that were not sightings; they are counted and nothing else."""
        return self._parser.malformed

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which a field looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Open the line; the scanner sends on its own."""
        await self._listener.open()

    async def sample(self) -> Reading:
        """Return the next sighting.

        Raises:
            BusTimeout: nothing came for `silence_s`.
            InvalidData: bytes came, but no sighting.
        """
        mono_ns, (address, rssi_dbm) = await self._listener.next(timeout_s=self._timeout_s)
        return Reading(mono_ns=mono_ns, values={"mac": address, "rssi": rssi_dbm})

    async def close(self) -> None:
        """Close the line."""
        await self._line.close()

    def _fresh_parser(self) -> LineParser:
        self._parser = LineParser(self._tally)
        return self._parser
