"""The SPS30 on a serial line: woken, identified, started afresh, asked once a sample.

In: a serial line, a clock, `Options`. Out: readings. Never: a frame whose checksum does not hold, a reply to an
earlier question, sleep mode, a write to the sensor's memory.
"""

import contextlib
from typing import Final

from drivers import sps30_output
from drivers.bus.api import SerialLine
from drivers.errors import BusTimeout, ChipError, DriverError, InvalidData, NotReady
from drivers.listener import Listener
from drivers.reading import Clock, Reading
from drivers.shdlc import NOT_NOW, Reply, ReplyParser, error_text, request
from drivers.sps30_output import Options
from drivers.sps30_serial import decode, frames

REPLY_TIMEOUT_S: Final = 0.5
"""The sensor replies within 20 ms (data sheet, table 7); the rest is for slow USB adapters and a busy unit."""
PERIOD_S: Final = 1
LOOK_EVERY_S: Final = 0.25
LOOKS: Final = 61
"""15 s: a cleaning of the fan takes 10 s, in which nothing new comes (data sheet, section 4.2)."""
SAMPLE_TIMEOUT_S: Final = 20.0
"""Longer than all looks, so that the driver can say first what is wrong."""
_NS_PER_S: Final = 1_000_000_000


class Sps30Serial:
    """One SPS30."""

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._settle_ns = options.settle_s * _NS_PER_S
        self._listener = Listener(frames.CHIP, line, clock, parser=ReplyParser)
        self._started_ns: int | None = None
        self._ours = False

    async def open(self) -> None:
        """Wake the sensor, identify it, start fan and laser.

        Raises:
            BusTimeout: nobody answers.
            WrongChip: another product of the maker answers.
        """
        self._started_ns, self._ours = None, False
        await self._line.open()
        with contextlib.suppress(BusTimeout, ChipError):  # one that is awake refuses, or knows no such command
            await self._exchange(frames.WAKE_UP, before=frames.LOW_PULSE)
        product = await self._ask(frames.DEVICE_INFORMATION, frames.PRODUCT_TYPE)
        sps30_output.check_product(frames.CHIP, decode.text(product[1].data))
        self._ours = True
        await self._ask(frames.STOP, may_be=NOT_NOW)  # as it is while idle
        mono_ns, _ = await self._ask(frames.START, frames.FLOATS)
        self._started_ns = mono_ns

    async def sample(self) -> Reading:
        """Return the newest sample, at most a second old; waits for one that has not been read yet.

        Cancelled while waiting, nothing is lost; cancelled while reading, that one sample is.

        Raises:
            NotReady: `open` has not succeeded, the sensor has restarted, or there was nothing new for 15 s.
            BusTimeout: nobody answers.
            ChecksumMismatch: replies came, none whose checksum holds.
            InvalidData: something else came.
        """
        if self._started_ns is None:
            raise NotReady(frames.CHIP, "not opened")
        wait_ns = self._started_ns + PERIOD_S * _NS_PER_S - self._clock.mono_ns()
        if wait_ns > 0:
            await self._clock.sleep(wait_ns / _NS_PER_S)
        mono_ns, reply = await self._newest()
        bits = decode.bits(reply.data)
        usable = not reply.failing and mono_ns >= self._started_ns + self._settle_ns
        return Reading(
            mono_ns=mono_ns,
            values=sps30_output.values(bits) if usable else sps30_output.unavailable(),
            raw=sps30_output.ticks(bits) | {"state": reply.state},
        )

    async def close(self) -> None:
        """Stop fan and laser if it was us who started them, and close the line."""
        ours = self._ours
        self._started_ns, self._ours = None, False
        if ours:
            with contextlib.suppress(DriverError):
                await self._line.write(request(frames.STOP))
        await self._line.close()

    async def _newest(self) -> tuple[int, Reply]:
        for look in range(LOOKS):
            if look:
                await self._clock.sleep(LOOK_EVERY_S)
            mono_ns, reply = await self._ask(frames.READ, may_be=NOT_NOW)
            if reply.error:
                raise NotReady(frames.CHIP, "it is not measuring: it has restarted; if this lasts, check its supply")
            if reply.data:
                return mono_ns, reply
        raise NotReady(frames.CHIP, "no new sample for 15 s; if this lasts, check its supply")

    async def _ask(self, command: int, data: bytes = b"", *, may_be: int = 0) -> tuple[int, Reply]:
        """Return the reply to a command and when it came, after a second try where the first was disturbed."""
        try:
            found = await self._exchange(command, data)
        except (BusTimeout, ChipError):
            found = await self._exchange(command, data)
        error = found[1].error
        if error not in (0, may_be):
            raise InvalidData(frames.CHIP, f"it refuses command 0x{command:02x}: {error_text(error)}")
        return found

    async def _exchange(self, command: int, data: bytes = b"", *, before: bytes = b"") -> tuple[int, Reply]:
        await self._listener.forget()
        await self._line.write(before + request(command, data))
        deadline_ns = self._clock.mono_ns() + int(REPLY_TIMEOUT_S * _NS_PER_S)
        while (left_ns := deadline_ns - self._clock.mono_ns()) > 0:
            mono_ns, reply = await self._listener.next(timeout_s=left_ns / _NS_PER_S)
            if reply.command == command:
                return mono_ns, reply
        raise BusTimeout("only replies to other commands came", bus=self._line.path)
