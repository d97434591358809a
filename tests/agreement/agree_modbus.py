"""Other people's masters read our simulated slaves, and ours reads theirs, over pseudo-terminals."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.bus.framing import LineFormat
from drivers.bus.linux_serial import LinuxSerial
from drivers.modbus import ModbusDevice, SlaveRefused
from drivers.modbus.line import ModbusLine
from drivers.sim.line import SimulatedLine
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave
from tests.support.serial_sensors import RealClock

pytestmark = pytest.mark.simulated("it writes registers")

_HOLDING = {address: address * 257 % 65536 for address in range(125)}
_INPUT = {0x0010: 0, 0x0011: 65535, 0x0012: 0x1234}
_COILS = {address: int(address % 3 == 0) for address in range(20)}
_INPUTS = {address: int(address % 5 != 0) for address in range(9)}


@pytest.fixture
def slaves(tmp_path: Path) -> Iterator[SimulatedModbus]:
    """Two of our slaves on one line."""
    held = {
        1: SimulatedSlave(holding=dict(_HOLDING), coils=dict(_COILS)),
        247: SimulatedSlave(input=dict(_INPUT), inputs=dict(_INPUTS)),
    }
    with SimulatedModbus(tmp_path / "tty-modbus", held) as simulated:
        yield simulated


def test_pymodbus_reads_and_writes_our_simulated_slaves(
    slaves: SimulatedModbus, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    client = foreign("pymodbus.client").ModbusSerialClient(
        str(slaves.line.link), baudrate=19200, timeout=2, retries=0
    )
    assert client.connect()
    try:
        assert client.read_holding_registers(0, count=125, device_id=1).registers == list(_HOLDING.values())
        assert client.read_input_registers(0x10, count=3, device_id=247).registers == list(_INPUT.values())
        assert client.read_coils(0, count=20, device_id=1).bits[:20] == list(map(bool, _COILS.values()))
        assert client.read_discrete_inputs(0, count=9, device_id=247).bits[:9] == list(map(bool, _INPUTS.values()))
        assert client.read_holding_registers(120, count=6, device_id=1).exception_code == 2
        assert not client.write_register(3, 4711, device_id=1).isError()
        assert not client.write_registers(4, [1, 65535], device_id=1).isError()
        assert not client.write_coil(1, value=True, device_id=1).isError()
        assert client.read_holding_registers(3, count=3, device_id=1).registers == [4711, 1, 65535]
    finally:
        client.close()
    assert slaves.bus.slaves[1].coils[1] == 1
    agree("modbus", "pymodbus", shown={"our slaves": 1}, read={"our slaves": 1}, within={"our slaves": 0})


def test_minimalmodbus_reads_and_writes_our_simulated_slaves(
    slaves: SimulatedModbus, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    library = foreign("minimalmodbus")
    one, last = library.Instrument(str(slaves.line.link), 1), library.Instrument(str(slaves.line.link), 247)
    try:
        one.serial.timeout = last.serial.timeout = 2
        assert one.read_registers(0, 125, functioncode=3) == list(_HOLDING.values())
        assert last.read_registers(0x10, 3, functioncode=4) == list(_INPUT.values())
        assert one.read_bits(0, 20, functioncode=1) == list(_COILS.values())
        assert last.read_bits(0, 9, functioncode=2) == list(_INPUTS.values())
        with pytest.raises(library.IllegalRequestError):
            one.read_registers(120, 6)
        one.write_register(3, 4711, functioncode=6)
        one.write_registers(4, [1, 65535])
        one.write_bit(1, 1)
        assert one.read_registers(3, 3) == [4711, 1, 65535]
    finally:
        one.serial.close()
    agree("modbus", "minimalmodbus", shown={"our slaves": 1}, read={"our slaves": 1}, within={"our slaves": 0})


def test_our_master_reads_and_writes_the_slaves_of_pymodbus(
    tmp_path: Path, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    asyncio.run(_read_and_write(foreign, tmp_path))
    agree("modbus", "pymodbus", shown={"our master": 1}, read={"our master": 1}, within={"our master": 0})


async def _read_and_write(foreign: Callable[[str], Any], folder: Path) -> None:
    async with _Served(foreign, folder) as master:
        one, other = ModbusDevice(master, 1, 2.0), ModbusDevice(master, 17, 2.0)
        assert await one.read_holding(0, 125) == list(_HOLDING.values())
        assert await other.read_input(0x10, 3) == list(_INPUT.values())
        assert await one.read_coils(0, 20) == list(_COILS.values())
        assert await other.read_discrete_inputs(0, 9) == list(_INPUTS.values())
        with pytest.raises(SlaveRefused) as refused:
            await one.read_holding(120, 6)
        assert refused.value.code == 2
        await one.write_register(3, 4711)
        await one.write_registers(4, [1, 65535])
        await one.write_coil(1, on=True)
        assert await one.read_holding(3, 3) == [4711, 1, 65535]
        assert await one.read_coils(1) == [1]


class _Served:
    """Slaves of pymodbus on one pseudo-terminal, our master on another, and the bytes carried between the two."""

    def __init__(self, foreign: Callable[[str], Any], folder: Path) -> None:
        self._server_module = foreign("pymodbus.server")
        self._simulator = foreign("pymodbus.simulator")
        self._theirs = SimulatedLine(folder / "tty-theirs", on_receive=self._to_ours)
        self._ours = SimulatedLine(folder / "tty-ours", on_receive=self._to_theirs)

    def _to_ours(self, data: bytes) -> None:
        self._ours.send(data)

    def _to_theirs(self, data: bytes) -> None:
        self._theirs.send(data)

    async def __aenter__(self) -> ModbusLine:
        self._server = self._server_module.ModbusSerialServer(
            [
                self._device(1, holding=_HOLDING, coils=_COILS),
                self._device(17, input_words=_INPUT, inputs=_INPUTS),
            ],
            port=str(self._theirs.link),
        )
        assert await self._server.listen()
        port = LinuxSerial(str(self._ours.link), 19200)
        self._master = ModbusLine(port, RealClock(), form=LineFormat(19200))
        await self._master.open()
        return self._master

    async def __aexit__(self, *_: object) -> None:
        await self._master.close()
        await self._server.shutdown()
        self._theirs.close()
        self._ours.close()

    def _device(
        self,
        number: int,
        *,
        holding: dict[int, int] | None = None,
        input_words: dict[int, int] | None = None,
        coils: dict[int, int] | None = None,
        inputs: dict[int, int] | None = None,
    ) -> Any:
        bits, words = self._simulator.DataType.BITS, self._simulator.DataType.REGISTERS
        blocks = tuple(
            [self._simulator.SimData(min(held), values=[kind(value) for value in held.values()], datatype=datatype)]
            for held, kind, datatype in (
                (coils or {0: 0}, bool, bits),
                (inputs or {0: 0}, bool, bits),
                (holding or {0: 0}, int, words),
                (input_words or {0: 0}, int, words),
            )
        )
        return self._simulator.SimDevice(number, simdata=blocks)
