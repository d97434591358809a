"""Listens on a serial port, and asks only where nobody speaks.

In: a port's path, the models that can be recognised. Out: a `Port`. Never: a byte to a line on which somebody speaks;
a question that changes a setting; anything of what was heard but its form; a wait without an end.

A sensor that sends is heard at any speed, as nonsense at a wrong one. So the first speed is listened at for the whole
time, and the others only if something came that has no known form.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.scanning.candidates import OnLine
from agent.scanning.findings import Match, Port
from agent.scanning.listening import ENOUGH_BYTES, RATES, asked_at, decided, judged, talking_slaves
from drivers.bus.framing import LineFormat, Parity
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import BusError, BusTimeout
from drivers.identity import Question
from drivers.modbus import frames
from drivers.modbus.exchange import Exchange
from drivers.modbus.frames import Function

LISTEN_S: Final = 2.5
"""The longest that a known sensor is silent between two messages: 2.3 s, of a PMS7003 in air that does not change."""
_ANSWER_S: Final = 0.5
"""In this a Modbus device should have answered: half of what our master gives them, for there may be many to ask."""
_MODBUS: Final = (LineFormat(9600), LineFormat(19_200, Parity.EVEN))
"""What most devices leave the factory with, and what the specification wants (docs/modbus.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How to go about a port.

    Attributes:
        listen_s: how long to listen at one speed.
        ask: whether anything may be sent.
        slaves: Modbus devices 1 to this are asked.
        say: told of every question before it is sent: path, what, to whom.
    """

    listen_s: float = LISTEN_S
    ask: bool = True
    slaves: int = 1
    say: Callable[[str, bytes, str], None]


class LineScan:
    """One look at one port."""

    def __init__(self, path: str, candidates: tuple[OnLine, ...], patience: Patience) -> None:
        self._path = path
        self._candidates = candidates
        self._patience = patience
        self._simulated = False

    async def run(self) -> Port:
        """Return who is on the port."""
        try:
            return await self._listen() or await self._asked() or Port(path=self._path)
        except BusError as error:
            return Port(path=self._path, problem=str(error))

    async def _listen(self) -> Port | None:
        """Return who speaks, None where nobody does."""
        heard = False
        for rate in RATES:
            data = await self._hear(rate)
            if not data:
                if heard:
                    continue
                return None
            heard = True
            if found := self._port(data, LineFormat(rate)):
                return found
            if self._simulated:  # a pseudo-terminal has no speed
                break
        return Port(path=self._path, heard=True)

    async def _asked(self) -> Port | None:
        """Return who answers, None where nobody does."""
        if not self._patience.ask:
            return None
        for rate in asked_at(self._candidates):
            for candidate in self._candidates:
                for question in candidate.identity.questions if candidate.model.baudrate == rate else ():
                    if found := self._port(
                        await self._answer(rate, question, to=candidate.model.title), LineFormat(rate)
                    ):
                        return found
        return await self._modbus()

    def _port(self, data: bytes, form: LineFormat) -> Port | None:
        """Return what data tells, None where it tells nothing."""
        matches = judged(data, self._candidates, rate=None if self._simulated else form.baudrate)
        if not matches:
            slaves = tuple(talking_slaves(data))
            return self._with(form, heard=True, slaves=slaves) if slaves else None
        own = next(each.model.baudrate for each in self._candidates if each.model.name == matches[0].model)
        return self._with(LineFormat(own) if self._simulated else form, heard=True, matches=matches)

    def _with(
        self, form: LineFormat, *, heard: bool, matches: tuple[Match, ...] = (), slaves: tuple[int, ...] = ()
    ) -> Port:
        return Port(
            path=self._path,
            matches=matches,
            baudrate=form.baudrate,
            parity=form.parity.value,
            slaves=slaves,
            heard=heard,
        )

    async def _hear(self, rate: int) -> bytes:
        line = await self._opened(LineFormat(rate))
        try:
            return await self._collect(line, self._patience.listen_s, rate)
        finally:
            await line.close()

    async def _answer(self, rate: int, question: Question, *, to: str) -> bytes:
        line = await self._opened(LineFormat(rate))
        try:
            self._patience.say(self._path, question.send, to)
            await line.discard_input()
            await line.write(question.send)
            return await self._collect(line, question.wait_s, rate)
        finally:
            await line.close()

    async def _collect(self, line: LinuxSerial, seconds: float, rate: int) -> bytes:
        """Return what comes in so many seconds, or less of it where that is enough to decide."""
        data, until = b"", time.monotonic() + seconds
        while len(data) < ENOUGH_BYTES and (left_s := until - time.monotonic()) > 0:
            try:
                data += await line.read(timeout_s=left_s)
            except BusTimeout:
                break
            if decided(judged(data, self._candidates, rate=None if self._simulated else rate)):
                break
            await asyncio.sleep(min(0.05, left_s))  # more than a few bytes at a time
        return data

    async def _modbus(self) -> Port | None:
        for form in _MODBUS[:1] if self._simulated else _MODBUS:
            slaves = await self._slaves(form)
            if slaves:
                return self._with(form, heard=True, slaves=slaves)
        return None

    async def _slaves(self, form: LineFormat) -> tuple[int, ...]:
        """Return which Modbus devices answer; an answer that refuses the question is one."""
        line = await self._opened(form)
        try:
            numbers = range(1, self._patience.slaves + 1)
            return tuple([number for number in numbers if await self._answers(line, number)])
        finally:
            await line.close()

    async def _answers(self, line: LinuxSerial, slave: int) -> bool:
        request = frames.read(Function.READ_HOLDING, slave, address=0, count=1)
        exchange = Exchange(request, echoes=None)
        self._patience.say(self._path, request.wire, f"Modbus device {slave}")
        await line.discard_input()
        await line.write(request.wire)
        until = time.monotonic() + _ANSWER_S
        while exchange.answer is None and (left_s := until - time.monotonic()) > 0:
            try:
                exchange.feed(await line.read(at_least=exchange.needed, timeout_s=left_s))
            except BusTimeout:
                break
        return exchange.answer is not None

    async def _opened(self, form: LineFormat) -> LinuxSerial:
        line = LinuxSerial(self._path, form.baudrate, parity=form.parity, stop_bits=form.stop_bits)
        await line.open()
        self._simulated = line.simulated
        return line
