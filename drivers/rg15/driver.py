"""The driver of an RG-15: it is set up, then asked, and watched for a restart.

In: a serial line. Out: one reading an answer. Never: a command that resets the sensor or its counters, a line's text
anywhere.
"""

from collections.abc import Mapping
from dataclasses import replace

from drivers.bus.api import SerialLine
from drivers.errors import BusTimeout, ChipError
from drivers.lines import LineParser
from drivers.listener import Listener
from drivers.model import NoOptions
from drivers.reading import Clock, Reading
from drivers.rg15 import decode, lines
from drivers.rg15.lines import Item, Notice, Rain
from drivers.tripwire import Tally

ANSWER_TIMEOUT_S = 1.5
"""An answer of 70 bytes takes 75 ms on the line; esphome asks once a second."""

ATTEMPTS = 3

_WORDS = {Notice.LENS_BAD: b"LensBad", Notice.EMITTERS_SATURATED: b"EmSat"}


class Rg15:
    """One Hydreon RG-15."""

    def __init__(self, line: SerialLine, clock: Clock, _options: NoOptions) -> None:
        self._line = line
        self._tally = Tally()
        self._listener: Listener[Item] = Listener(lines.CHIP, line, clock, parser=self._parser)
        self._before: Rain | None = None
        self._restarted = False
        self._said: set[bytes] = set()

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which something looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Set the sensor up and ask once: what fell before is nobody's, it stays in the total.

        Raises:
            BusTimeout: nobody answers.
            InvalidData: it counts in inches.
        """
        await self._listener.open()
        await self._set_up()
        _, rain = await self._ask()
        decode.values(rain, before=None)
        self._before = rain

    async def sample(self) -> Reading:
        """Return the reading of a fresh answer.

        Raises:
            BusTimeout: nobody answers.
            InvalidData: something else came, or it counts in inches.
        """
        for item in await self._listener.waiting():  # it may have restarted; an answer that came late is old
            self._note(item)
        mono_ns, rain = await self._ask()
        if self._before is not None and not decode.agrees(rain, self._before):
            mono_ns, rain = await self._ask()  # the total tells what fell; one that was disturbed is not so twice
        values = decode.values(rain, before=self._before)
        self._before = rain
        return Reading(mono_ns=mono_ns, values=values, raw=decode.ticks(rain))

    async def close(self) -> None:
        """Close the line; the sensor counts on."""
        await self._line.close()

    async def _set_up(self) -> None:
        self._restarted = False
        for command in (lines.POLLED, lines.METRIC, lines.FINE):
            await self._line.write(command)

    async def _ask(self) -> tuple[int, Rain]:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._ask_once()
            except (BusTimeout, ChipError):
                continue
        return await self._ask_once()

    async def _ask_once(self) -> tuple[int, Rain]:
        if self._restarted:
            await self._set_up()
        await self._line.write(lines.READ)
        while True:
            mono_ns, item = await self._listener.next(timeout_s=ANSWER_TIMEOUT_S)
            if not isinstance(item, Rain):
                self._note(item)
            elif self._restarted:  # while it was being asked: the answer is in whatever its switches say
                await self._set_up()
                await self._line.write(lines.READ)
            else:
                return mono_ns, self._with_what_was_said(item)

    def _note(self, item: Item) -> None:
        if item is Notice.RESTARTED:
            self._restarted = True
            self._before = self._before and replace(self._before, total=0)
        elif isinstance(item, Notice):
            self._said.add(_WORDS[item])

    def _with_what_was_said(self, rain: Rain) -> Rain:
        """Return an answer with what the sensor has said by itself since the one before."""
        said, self._said = frozenset(self._said), set()
        return replace(rain, words=rain.words | said)

    def _parser(self) -> LineParser[Item]:
        return lines.parser(self._tally)
