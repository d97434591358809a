"""One slave of a Modbus line, as its driver sees it.

In: addresses of the protocol, from 0, and counts. Out: bits and registers as numbers. Never: an opinion on what they
mean, a write that its driver did not ask for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from drivers.bus.api import Bus
from drivers.modbus import frames
from drivers.modbus.frames import Function, Request

RESPONSE_S = 1.0
"""Usual seconds until an answer begins (1 s to several at 9600 bits a second: V1.02, section 2.4.1; unverified)."""


class ModbusBus(Bus, Protocol):
    """A line with slaves, shared by their drivers."""

    async def request(self, request: Request, *, response_s: float) -> bytes:
        """Send a request, wait for its answer, and return the answer's data: what was read, empty for a write.

        Other requests wait until this one has come to its end. Cancellation is safe: an answer that comes later is
        recognised and discarded.

        Args:
            request: what is asked for.
            response_s: seconds in which the answer must begin.

        Raises:
            SlaveSilent: no answer in time; or the slave rests, see `drivers.modbus.standing`.
            AnswerDamaged: an answer came that was not whole.
            SlaveRefused: the slave answered with an exception.
            BusTimeout: the line did not take the request.
            BusGone: the port was unplugged.
        """
        ...


@runtime_checkable
class Foretelling(Protocol):
    """What the `create` of a model has besides that knows before anything is read what a sample asks for.

    A checker reckons with it how much of a line's time a sensor needs.
    """

    def requests(self, slave: int) -> Sequence[Request]:
        """Return the requests of one sample, at least one."""
        ...


@dataclass(frozen=True, slots=True)
class ModbusDevice:
    """One slave on a line. Every method raises what `ModbusBus.request` raises.

    Attributes:
        bus: the line.
        slave: its number, 1 to 247.
        response_s: seconds in which an answer must begin.
    """

    bus: ModbusBus
    slave: int
    response_s: float = RESPONSE_S

    async def read_coils(self, address: int, count: int = 1) -> list[int]:
        """Return `count` coils (function 1), each 0 or 1; at most 2000."""
        return await self._bits(Function.READ_COILS, address, count)

    async def read_discrete_inputs(self, address: int, count: int = 1) -> list[int]:
        """Return `count` discrete inputs (function 2), each 0 or 1; at most 2000."""
        return await self._bits(Function.READ_DISCRETE_INPUTS, address, count)

    async def read_holding(self, address: int, count: int = 1) -> list[int]:
        """Return `count` holding registers (function 3), each 0 to 65535; at most 125."""
        return await self._registers(Function.READ_HOLDING, address, count)

    async def read_input(self, address: int, count: int = 1) -> list[int]:
        """Return `count` input registers (function 4), each 0 to 65535; at most 125."""
        return await self._registers(Function.READ_INPUT, address, count)

    async def write_coil(self, address: int, *, on: bool) -> None:
        """Switch a coil (function 5). For the configuration of the device only; never repeated by itself."""
        await self.request(frames.write_coil(self.slave, address=address, on=on))

    async def write_register(self, address: int, value: int) -> None:
        """Write a holding register (function 6). For the configuration of the device only."""
        await self.request(frames.write_register(self.slave, address=address, value=value))

    async def write_registers(self, address: int, values: Sequence[int]) -> None:
        """Write holding registers (function 16), at most 123. For the configuration of the device only."""
        await self.request(frames.write_registers(self.slave, address=address, values=values))

    async def request(self, request: Request) -> bytes:
        """Return the data of the answer to a request."""
        return await self.bus.request(request, response_s=self.response_s)

    async def _bits(self, function: Function, address: int, count: int) -> list[int]:
        data = await self.request(frames.read(function, self.slave, address=address, count=count))
        return frames.bits(data, count)

    async def _registers(self, function: Function, address: int, count: int) -> list[int]:
        data = await self.request(frames.read(function, self.slave, address=address, count=count))
        return frames.registers(data)
