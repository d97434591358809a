"""The master of a Modbus line: one request at a time, for several drivers, over a serial line that it is given.

In: requests of drivers. Out: the data of answers, or why there is none; counts of what was on the line. Never: two
requests on the line at once, an answer given to the wrong request, a write that is repeated, a measured value in a
text.

Around each exchange there is quiet: 3.5 characters, from 19200 bits a second on 1.75 ms ("MODBUS over Serial Line",
V1.02, section 2.5.1.1), and what the configuration adds for converters that turn around slowly. Requests are served
in the order in which they were asked for, one for each turn, so a driver with many registers does not keep the others
waiting. What a silent slave costs them is bounded in `drivers.modbus.standing`.

A read whose answer was damaged is repeated once, at once, if the slave was well before: most such damage is a spark.
Silence is not repeated here: its answer may still be on its way.

Whether the line brings back what is sent (an adapter that hears itself) is seen at each read, whose echo cannot be
taken for its answer. A write can be told from its echo only when that is known, so a write that is the first request
of a line is preceded by a read of the same place.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from drivers.bus.abandoned import Abandoned
from drivers.bus.api import SerialLine
from drivers.bus.framing import LineFormat
from drivers.errors import BusGone, BusTimeout
from drivers.modbus import frames, timing
from drivers.modbus.errors import AnswerDamaged, SlaveRefused, SlaveSilent
from drivers.modbus.exchange import Exchange, strays
from drivers.modbus.frames import Function, Request
from drivers.modbus.standing import Standing
from drivers.reading import Clock

_NS: Final = 1_000_000_000
_QUIET_S: Final = 0.1
"""After a damaged answer nothing more comes once the line was quiet for so long."""
_MOST_DRAINS: Final = 4


@dataclass(slots=True)
class Counts:
    """What was on the line since the start.

    Attributes:
        requests: requests sent, repeats included.
        answers: whole answers, exceptions included.
        refused: exceptions among them.
        silent: requests without any answer.
        damaged: answers that were not whole.
        late: answers that came when nobody waited for them any more.
        foreign: frames of a slave that had not been asked.
        echoes: requests that came back.
        noise_bytes: bytes that belonged to nothing.
    """

    requests: int = 0
    answers: int = 0
    refused: int = 0
    silent: int = 0
    damaged: int = 0
    late: int = 0
    foreign: int = 0
    echoes: int = 0
    noise_bytes: int = 0


class ModbusLine:
    """A serial line with slaves.

    Attributes:
        abandoned: threads of the port that hang.
        counts: what was on the line.
    """

    def __init__(
        self,
        line: SerialLine,
        clock: Clock,
        *,
        form: LineFormat,
        turnaround_s: float = 0.0,
        abandoned: Abandoned | None = None,
    ) -> None:
        """Describe the line; nothing is opened yet.

        Args:
            line: the port.
            clock: for gaps and deadlines.
            form: its speed and parity, for the gaps and for texts; the port is set up by whoever made it.
            turnaround_s: quiet besides the gap, from an answer to the next request.
            abandoned: of the port.
        """
        self.abandoned = Abandoned() if abandoned is None else abandoned
        self.counts = Counts()
        self._line = line
        self._clock = clock
        self._form = form
        self._gap_ns = int(timing.gap_s(form, turnaround_s=turnaround_s) * _NS)
        self._turn = asyncio.Lock()
        self._standings: dict[int, Standing] = {}
        self._echoes: bool | None = None
        self._busy_until_ns = 0

    @property
    def path(self) -> str:
        """Device node of the port."""
        return self._line.path

    @property
    def simulated(self) -> bool:
        """Whether a pseudo-terminal is behind it; known once open."""
        return self._line.simulated

    async def open(self) -> None:
        """Open the port if it is not open; see `Bus.open`."""
        await self._line.open()

    async def close(self) -> None:
        """Close the port; whoever waits for an answer gets `BusGone`. See `Bus.close`."""
        self._echoes = None
        await self._line.close()

    async def request(self, request: Request, *, response_s: float) -> bytes:
        """Return the data of the answer; see `ModbusBus.request`."""
        standing = self._standings.setdefault(request.slave, Standing())
        limit_s = timing.limit_s(request, self._form, response_s=response_s)
        while True:
            async with self._turn:
                self._refuse_resting(request, standing)
                owed_s = standing.owed_s(self._clock.mono_ns())
                if not owed_s:
                    return await self._ask(request, standing, limit_s)
            await self._clock.sleep(owed_s)  # the line is free for others meanwhile

    async def _ask(self, request: Request, standing: Standing, limit_s: float) -> bytes:
        if request.repeated and self._echoes is None:
            await self._learn_echo(request, standing, limit_s)
            self._refuse_resting(request, standing)
        may_repeat = request.function.reads and standing.good
        exchange = await self._exchange(request, standing, limit_s)
        if exchange.answer is None and exchange.damaged and may_repeat:
            exchange = await self._exchange(request, standing, limit_s)
        if exchange.answer is None:
            raise self._failure(exchange, limit_s)
        return self._data(request, exchange.answer)

    async def _learn_echo(self, request: Request, standing: Standing, limit_s: float) -> None:
        """See by a read of what is to be written whether the line brings back what is sent."""
        coil = request.function is Function.WRITE_COIL
        function = Function.READ_COILS if coil else Function.READ_HOLDING
        asked = frames.read(function, request.slave, address=request.address, count=1)
        await self._exchange(asked, standing, limit_s)

    async def _exchange(self, request: Request, standing: Standing, limit_s: float) -> Exchange:
        """Send a request and wait for its answer, and take note of what came."""
        try:
            exchange = await self._carry(request, standing, limit_s)
        except BusGone:
            self._echoes = None  # what is plugged in next may be another adapter
            raise
        self._note(exchange, standing, limit_s)
        return exchange

    async def _carry(self, request: Request, standing: Standing, limit_s: float) -> Exchange:
        await self._drain()
        await self._keep_gap()
        exchange = Exchange(request, echoes=self._echoes)
        self.counts.requests += 1
        standing.asked(self._clock.mono_ns(), limit_s)
        await self._line.write(request.wire)
        self._busy_until_ns = self._clock.mono_ns() + int(len(request.wire) * self._form.byte_s * _NS)
        await self._listen(exchange, limit_s)
        return exchange

    async def _listen(self, exchange: Exchange, limit_s: float) -> None:
        deadline_ns = self._clock.mono_ns() + int(limit_s * _NS)
        while exchange.answer is None:
            left_s = (deadline_ns - self._clock.mono_ns()) / _NS
            if left_s <= 0:
                return
            if exchange.damaged:
                left_s = min(left_s, _QUIET_S)
            try:
                data = await self._line.read(at_least=exchange.needed, timeout_s=left_s)
            except BusTimeout:
                exchange.feed(await self._arrived())
                return
            self._busy_until_ns = self._clock.mono_ns()
            exchange.feed(data)

    async def _arrived(self) -> bytes:
        """Return what has arrived, without waiting."""
        try:
            return await self._line.read(at_least=1, timeout_s=0)
        except BusTimeout:
            return b""

    async def _drain(self) -> None:
        """Take away what came while nobody was waiting: late answers, frames of others, noise."""
        for _ in range(_MOST_DRAINS):  # a device that babbles without end must not keep us here
            data = await self._arrived()
            if not data:
                return
            self._busy_until_ns = self._clock.mono_ns()
            slaves, noise_bytes = strays(data)
            self.counts.noise_bytes += noise_bytes
            self._note_others(slaves)

    async def _keep_gap(self) -> None:
        left_ns = self._busy_until_ns + self._gap_ns - self._clock.mono_ns()
        if left_ns > 0:
            await self._clock.sleep(left_ns / _NS)

    def _note(self, exchange: Exchange, standing: Standing, limit_s: float) -> None:
        self.counts.noise_bytes += exchange.noise_bytes
        self.counts.echoes += exchange.echoed
        self._note_others(exchange.others)
        if exchange.request.function.reads and (exchange.echoed or exchange.answer or not exchange.heard):
            self._echoes = exchange.echoed
        if exchange.answer is not None:
            self.counts.answers += 1
            standing.answered()
            return
        silent = not (exchange.damaged or exchange.began)
        self.counts.silent += silent
        self.counts.damaged += not silent
        standing.failed(self._clock.mono_ns(), limit_s, silent=silent)

    def _note_others(self, slaves: list[int]) -> None:
        for slave in slaves:
            standing = self._standings.get(slave)
            if standing is not None and standing.late():
                self.counts.late += 1
            else:
                self.counts.foreign += 1

    def _refuse_resting(self, request: Request, standing: Standing) -> None:
        rest_s = standing.rest_s(self._clock.mono_ns())
        if rest_s:
            problem = (
                f"it gave no answer {standing.failures} times in a row and is left alone for another {rest_s:.0f} s: "
                "check its power, its wiring and its slave number"
            )
            raise SlaveSilent(problem, line=self.path, slave=request.slave)

    def _failure(self, exchange: Exchange, limit_s: float) -> SlaveSilent | AnswerDamaged:
        slave = exchange.request.slave
        if exchange.damaged or exchange.began:
            problem = (
                "its answer is damaged or incomplete: check the cable, its shield and the resistors at both ends, "
                f"and that no two devices have number {slave}"
            )
            return AnswerDamaged(problem, line=self.path, slave=slave)
        others = sorted(set(exchange.others) - {slave})
        if others:
            numbers = " and ".join(map(str, others))
            problem = f"slave {numbers} has sent something in its place: check the slave numbers of both"
        elif exchange.others:
            problem = "it answers, but not what was asked: check that no two devices have its number"
        elif exchange.noise_bytes:
            problem = f"something comes, but no answer: check the speed and parity of the line ({self._form.words()})"
        else:
            problem = (
                f"no answer within {limit_s:.1f} s: check its power, its slave number, whether A and B are swapped, "
                f"and the speed and parity of the line ({self._form.words()})"
            )
        return SlaveSilent(problem, line=self.path, slave=slave)

    def _data(self, request: Request, answer: bytes) -> bytes:
        if answer[1] & frames.EXCEPTION:
            self.counts.refused += 1
            raise SlaveRefused(
                request.words(), slave=request.slave, code=answer[2], name=frames.exception_name(answer[2])
            )
        return answer[3:-2] if request.function.reads else b""
