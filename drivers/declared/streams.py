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
from drivers.errors import BusTimeout, DriverError, InvalidData
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
        silence_s: seconds of silence after which what comes begins a message; 0 where a message shows its own
            beginning, or comes only as an answer.
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
    silence_s: float = 0.0
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
        self._opened = self._midway = False
        self._tally = Tally()
        self._split = None if form.fields is None else form.fields.splitter()
        self._listener: Listener[Sample] = Listener(form.name, line, clock, parser=self._parser)
        self._settling = Settling(clock, form.settle_s)

    @property
    def trips(self) -> Mapping[str, int]:
        """Lines of another form in which a field looked like somebody's identifier, by kind."""
        return self._tally.counts

    async def open(self) -> None:
        """Open the line, send what the device needs to begin, and see whether it is in the midst of a message."""
        self._midway = False
        await self._listener.open()
        self._opened = True
        await self._send(self._form.setup)
        if self._form.setup:
            await self._listener.forget()
        self._midway = await self._is_sending()
        if self._midway:
            await self._listener.forget()
        self._midway = self._form.request is None  # what is forgotten later is forgotten in the midst of a message
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
        mono_ns, sample = await self._next()
        return self._settling.reading(mono_ns, sample)

    async def close(self) -> None:
        """Send what the device is left with, and close the line."""
        opened, self._opened = self._opened, False
        if opened and self._form.goodbye:
            with contextlib.suppress(DriverError):
                await self._send(self._form.goodbye)
        await self._line.close()

    async def _next(self) -> tuple[int, Sample]:
        """Return the next sample, or the newest; where only other messages come, the error says which."""
        take = self._listener.newest if self._form.newest else self._listener.next
        others_before = self._messages.others
        try:
            return await take(timeout_s=self._form.answer_s)
        except InvalidData as error:
            if self._messages.others <= others_before:
                raise
            problem = f"messages come, but none that its file asks for; the newest: {self._messages.passed_over}"
            raise InvalidData(self._form.name, problem) from error

    async def _send(self, sends: tuple[Send, ...]) -> None:
        for send in sends:
            await self._line.write(send.data)
            if send.wait_s:
                await self._clock.sleep(send.wait_s)

    async def _is_sending(self) -> bool:
        """Return whether something comes before it was silent for long enough: then a line has begun already."""
        if not self._form.silence_s:
            return False
        try:
            await self._line.read(at_least=1, timeout_s=self._form.silence_s)
        except BusTimeout:
            return False
        return True

    def _parser(self) -> Parser[Sample]:
        self._messages = self._made()
        return self._messages

    def _made(self) -> FrameParser | LineParser:
        message = self._form.message
        if isinstance(message, FrameForm):
            return FrameParser(message)
        if self._split is None:
            raise AssertionError(f"{self._form.name}: a line has fields")
        return LineParser(message, self._split, self._tally, midway=self._midway)
