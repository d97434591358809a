"""The driver of a MaxBotix sensor in free run: the sensor sends, this listens.

In: a serial line. Out: one reading a line. Never: a byte to the sensor, a line's text anywhere.
"""

from collections.abc import Mapping

from drivers.bus.api import SerialLine
from drivers.lines import LineParser
from drivers.listener import Listener
from drivers.maxbotix import decode, lines
from drivers.maxbotix.options import Options
from drivers.reading import Clock, Reading
from drivers.tripwire import Tally

RANGE_TIMEOUT_S = 5.0
"""Some thirty ranges: the slowest model sends 5.17 a second (HRXL-MaxSonar-WR datasheet PD11500Y, page 10)."""


class Maxbotix:
    """One sensor."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._options = options
        self._tally = Tally()
        self._listener: Listener[int] = Listener(lines.CHIP, line, clock, parser=self._parser)

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which something looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Open the line; the sensor sends on its own."""
        await self._listener.open()

    async def sample(self) -> Reading:
        """Return the next range's reading.

        Raises:
            BusTimeout: nothing came.
            InvalidData: something else came.
        """
        mono_ns, number = await self._listener.next(timeout_s=RANGE_TIMEOUT_S)
        return Reading(mono_ns=mono_ns, values=decode.values(number, self._options), raw=decode.ticks(number))

    async def close(self) -> None:
        """Close the line."""
        await self._line.close()

    def _parser(self) -> LineParser[int]:
        return lines.parser(self._tally, digits=self._options.unit.digits)
