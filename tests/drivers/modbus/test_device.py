"""Each method of a device makes the one request that it says, with the device's number and patience."""

from collections.abc import Awaitable, Callable

import pytest

from drivers.modbus import ModbusDevice
from drivers.modbus.frames import Function, Request


class AskedBus:
    """A line that notes what is asked and answers with the same data always."""

    path = "/dev/ttyAsked"
    simulated = True

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.asked: list[tuple[Request, float]] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def request(self, request: Request, *, response_s: float) -> bytes:
        self.asked.append((request, response_s))
        return self.data


@pytest.mark.parametrize(
    ("ask", "request_", "data", "values"),
    [
        (lambda device: device.read_coils(3, 2), Request(9, Function.READ_COILS, 3, 2), b"\x02", [0, 1]),
        (lambda device: device.read_discrete_inputs(3), Request(9, Function.READ_DISCRETE_INPUTS, 3), b"\x01", [1]),
        (
            lambda device: device.read_holding(3, 2),
            Request(9, Function.READ_HOLDING, 3, 2),
            b"\0\1\xff\xfe",
            [1, 65534],
        ),
        (lambda device: device.read_input(3), Request(9, Function.READ_INPUT, 3), b"\x12\x34", [0x1234]),
    ],
    ids=["coils", "discrete-inputs", "holding", "input"],
)
async def test_read_asks_for_its_table_and_returns_numbers(
    ask: Callable[[ModbusDevice], Awaitable[list[int]]], request_: Request, data: bytes, values: list[int]
) -> None:
    bus = AskedBus(data)
    assert await ask(ModbusDevice(bus, 9, 0.7)) == values
    assert bus.asked == [(request_, 0.7)]


async def test_writes_ask_for_what_is_to_be_written() -> None:
    bus = AskedBus()
    device = ModbusDevice(bus, 9)
    await device.write_coil(1, on=False)
    await device.write_register(2, 513)
    await device.write_registers(3, [1, 2])
    assert [request.wire[:-2].hex(" ") for request, _ in bus.asked] == [
        "09 05 00 01 00 00",
        "09 06 00 02 02 01",
        "09 10 00 03 00 02 04 00 01 00 02",
    ]


async def test_read_beyond_what_a_request_can_do_is_a_mistake_of_ours_and_nothing_is_sent() -> None:
    bus = AskedBus()
    with pytest.raises(ValueError, match="1 to 125"):
        await ModbusDevice(bus, 9).read_holding(0, 126)
    assert bus.asked == []
