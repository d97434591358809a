"""Drivers of declared devices on serial lines: those that send, and those that answer.

In: a serial line and a form. Out: readings. Never: a byte that the file does not say, text of a line.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drivers.bus.api import SerialLine
from drivers.declared.frames import FrameForm, FrameParser
from drivers.declared.lines import LineForm, LineParser
from drivers.declared.samples import Sample
from drivers.declared.splitters import Delimited, Json, Patterned
from drivers.declared.wire import Send, Settling
from drivers.errors import DriverError
from drivers.listener import Listener, Parser
from drivers.reading import Clock, Reading
from drivers.tripwire import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialForm:
    """A device on a serial line.

    Attributes:
        name: the model's.
        message: what it sends.
        fields: how a line is split; None for frames.
        setup: what is sent when it is opened.
        request: what asks it for a sample; None for a device that sends by itself.
        answer_s: seconds in which a sample must come.
        newest: of a device that sends by itself, the last of the samples that wait is wanted, not each.
        settle_s: seconds after opening in which it has no values.
        goodbye: what is sent when it is closed.
    """

    name: str
    message: LineForm | FrameForm
    fields: Delimited | Patterned | Json | None = None
    setup: tuple[Send, ...] = ()
    request: Send | None = None
    answer_s: float = 5.0
    newest: bool = False
    settle_s: float = 0.0
    goodbye: tuple[Send, ...] = ()


@dataclass(frozen=True, slots=True)
class SerialMaker:
    """Makes drivers of one declared model."""

    form: SerialForm

    def __call__(self, line: SerialLine, clock: Clock, _options: Any) -> "DeclaredSerial":  # noqa: ANN401 - has none
        """Return a new driver."""
        return DeclaredSerial(line, clock, self.form)


class DeclaredSerial:
    """One device on a serial line."""

    def __init__(self, line: SerialLine, clock: Clock, form: SerialForm) -> None:
        self._line = line
        self._clock = clock
        self._form = form
        self._tally = Tally()
        self._split = None if form.fields is None else form.fields.splitter()
        self._listener: Listener[Sample] = Listener(form.name, line, clock, parser=self._parser)
        self._settling = Settling(clock, form.settle_s)
        self._opened = False

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which a field looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Open the line and send what the device needs to begin."""
        await self._listener.open()
        self._opened = True
        await self._send(self._form.setup)
        if self._form.setup:
            await self._listener.forget()
        self._settling.begin()

    async def sample(self) -> Reading:
        """Return the next sample, or the answer to a request.

        Cancelled, it loses at most the message that is being received; an answer that comes late is forgotten by the
        next request.

        Raises:
            BusTimeout: nothing came.
            ChecksumMismatch: something came, and no checksum held.
            InvalidData: something came that has not the form that the file declares.
        """
        request = self._form.request
        if request is not None:
            await self._listener.forget()
            await self._send((request,))
        take = self._listener.newest if self._form.newest else self._listener.next
        mono_ns, sample = await take(timeout_s=self._form.answer_s)
        return self._settling.reading(mono_ns, sample)

    async def close(self) -> None:
        """Send what the device is left with, and close the line."""
        opened, self._opened = self._opened, False
        if opened and self._form.goodbye:
            with contextlib.suppress(DriverError):
                await self._send(self._form.goodbye)
        await self._line.close()

    async def _send(self, sends: tuple[Send, ...]) -> None:
        for send in sends:
            await self._line.write(send.data)
            if send.wait_s:
                await self._clock.sleep(send.wait_s)

    def _parser(self) -> Parser[Sample]:
        message = self._form.message
        if isinstance(message, FrameForm):
            return FrameParser(message)
        if self._split is None:
            raise AssertionError(f"{self._form.name}: a line has fields")
        return LineParser(message, self._split, self._tally)
