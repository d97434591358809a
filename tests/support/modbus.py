"""What the tests of Modbus share: a master on simulated slaves, over a real pseudo-terminal or in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from drivers.bus.framing import LineFormat, Parity
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import BusGone, BusTimeout
from drivers.modbus.line import ModbusLine
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave, SimulatedSlaves
from tests.support.serial_sensors import RealClock
from tests.support.slept_clock import SleptClock

FORMAT = LineFormat(115_200, Parity.EVEN, 1)


class MemoryLine:
    """A serial line in memory with slaves on it, on a clock that passes only while somebody waits."""

    path = "/dev/ttyMemory"
    simulated = True

    def __init__(self, bus: SimulatedSlaves, clock: SleptClock) -> None:
        self.bus = bus
        self.clock = clock
        self.sent: list[tuple[float, bytes]] = []
        self.gone = False
        self._coming: list[tuple[int, bytes]] = []
        self._arrived = b""

    async def open(self) -> None:
        if self.gone:
            raise BusGone("there is no such port", bus=self.path)

    async def close(self) -> None:
        self._arrived = b""

    def send(self, data: bytes, *, after_s: float = 0.0) -> None:
        """Let bytes arrive that nobody asked for."""
        self._coming.append((self.clock.now_ns + round(after_s * 1e9), data))

    async def write(self, data: bytes) -> None:
        if self.gone:
            raise BusGone("the port was unplugged", bus=self.path)
        self.sent.append((self.clock.now_ns / 1e9, data))
        for answer in self.bus.command(data):
            self.send(answer.data, after_s=answer.after_s)

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        await asyncio.sleep(0)  # others get their turn, as on a real line
        if self.gone:
            raise BusGone("the port was unplugged", bus=self.path)
        deadline_ns = self.clock.now_ns + round(timeout_s * 1e9)
        self._take(self.clock.now_ns)
        while len(self._arrived) < at_least:
            due = min((due for due, _ in self._coming), default=deadline_ns + 1)
            if due > deadline_ns:
                self.clock.jump((deadline_ns - self.clock.now_ns) / 1e9)
                raise BusTimeout("silence", bus=self.path)
            self.clock.jump((due - self.clock.now_ns) / 1e9)
            self._take(due)
        data, self._arrived = self._arrived, b""
        return data

    async def discard_input(self) -> None:
        self._arrived = b""

    def _take(self, now_ns: int) -> None:
        self._arrived += b"".join(data for due, data in self._coming if due <= now_ns)
        self._coming = [entry for entry in self._coming if entry[0] > now_ns]


def in_memory(
    slaves: Mapping[int, SimulatedSlave],
    *,
    echoes: bool = False,
    form: LineFormat = FORMAT,
    turnaround_s: float = 0.0,
) -> tuple[ModbusLine, MemoryLine]:
    """Return a master and the line in memory that it talks on."""
    clock = SleptClock()
    memory = MemoryLine(SimulatedSlaves(dict(slaves), echoes=echoes), clock)
    return ModbusLine(memory, clock, form=form, turnaround_s=turnaround_s), memory


@asynccontextmanager
async def on_terminal(
    folder: Path, slaves: Mapping[int, SimulatedSlave], *, echoes: bool = False
) -> AsyncIterator[tuple[ModbusLine, SimulatedModbus]]:
    """Yield a master on the real pyserial over a pseudo-terminal, and the slaves on it."""
    with SimulatedModbus(folder / "tty-modbus", dict(slaves), echoes=echoes) as simulated:
        port = LinuxSerial(str(folder / "tty-modbus"), FORMAT.baudrate, parity=FORMAT.parity)
        master = ModbusLine(port, RealClock(), form=FORMAT, abandoned=port.abandoned)
        await master.open()
        try:
            yield master, simulated
        finally:
            await master.close()
