"""Registers: which requests read them, what each channel is, and a slave that answers or does not."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.declared.fields import Field, Kind, Order
from drivers.declared.registers import (
    DeclaredModbus,
    ModbusForm,
    ModbusMaker,
    RegisterChannel,
    Span,
    Table,
    sampled,
    spans,
)
from drivers.declared.scaling import Scaling
from drivers.modbus.device import Foretelling, ModbusDevice
from drivers.modbus.errors import SlaveSilent
from drivers.modbus.frames import Function, Request
from drivers.model import NoOptions
from tests.support.serial_sensors import FixedClock


def channel(name: str, address: int, kind: Kind = Kind.U16, table: Table = Table.HOLDING) -> RegisterChannel:
    field = None if table.of_bits else Field(at=0, kind=kind)
    return RegisterChannel(name=name, table=table, address=address, field=field, scaling=Scaling())


CHANNELS = st.lists(
    st.builds(
        channel,
        st.just("x"),
        st.integers(0, 300),
        st.sampled_from([Kind.U16, Kind.F32, Kind.U64]),
        st.sampled_from([Table.HOLDING, Table.INPUT]),
    ),
    min_size=1,
    max_size=12,
)


@given(CHANNELS, st.integers(0, 20), st.integers(4, 125))
def test_spans_cover_every_channel_and_keep_to_the_most_that_one_request_reads(
    channels: list[RegisterChannel], gap: int, most: int
) -> None:
    found = spans(channels, gap=gap, most=most)
    assert all(span.count <= most for span in found)
    for one in channels:
        assert any(
            span.table is one.table
            and span.address <= one.address
            and one.address + one.count <= span.address + span.count
            for span in found
        )
    wanted = {(one.table, one.address + offset) for one in channels for offset in range(one.count)}
    for span in found:
        inside = [
            span.address + offset for offset in range(span.count) if (span.table, span.address + offset) in wanted
        ]
        assert all(later - earlier - 1 <= gap for earlier, later in pairwise(inside))


@pytest.mark.parametrize(
    ("gap", "most", "expected"),
    [
        (0, 125, [(0, 2), (6, 2), (8, 1)]),
        (4, 125, [(0, 9)]),
        (4, 8, [(0, 8), (8, 1)]),
        (0, 2, [(0, 2), (6, 2), (8, 1)]),
    ],
)
def test_spans_join_neighbours_over_a_gap_that_is_allowed(
    gap: int, most: int, expected: list[tuple[int, int]]
) -> None:
    channels = [channel("c", 8), channel("a", 0, Kind.F32), channel("b", 6, Kind.F32)]
    found = [(span.address, span.count) for span in spans(channels, gap=gap, most=most)]
    assert found == ([(0, 2), (6, 3)] if (gap, most) == (0, 125) else expected)


def test_sampled_leaves_out_channels_whose_registers_are_not_all_there() -> None:
    channels = [channel("a", 0), channel("b", 1, Kind.U32), channel("c", 5, table=Table.COIL)]
    sample = sampled(channels, {(Table.HOLDING, 0): 7, (Table.HOLDING, 1): 8, (Table.COIL, 5): 1})
    assert sample.values == {"a": 7, "c": 1}
    assert sample.raw == {"a": 7, "c": 1}


def test_sampled_reads_numbers_of_several_registers_in_their_order() -> None:
    field = Field(at=0, kind=Kind.F32, order=Order.CDAB)
    one = RegisterChannel(name="v", table=Table.INPUT, address=3, field=field, scaling=Scaling(factor=10))
    assert sampled([one], {(Table.INPUT, 3): 0x3334, (Table.INPUT, 4): 0x4366}).values == {"v": 2302}


class Slave:
    """A Modbus line with one slave, whose registers are the given ones."""

    path = "/dev/ttyModbus"
    simulated = True

    def __init__(self, contents: Mapping[tuple[Function, int], int]) -> None:
        self.contents = contents
        self.asked: list[tuple[Function, int]] = []
        self.requests: list[Request] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def request(self, request: Request, *, response_s: float) -> bytes:
        assert response_s > 0
        self.asked.append((request.function, request.address))
        self.requests.append(request)
        count = int.from_bytes(request.wire[4:6], "big")
        places = [(request.function, request.address + offset) for offset in range(count)]
        if any(place not in self.contents for place in places):
            raise SlaveSilent("no answer", line=self.path, slave=request.slave)
        if request.function in {Function.READ_COILS, Function.READ_DISCRETE_INPUTS}:
            bits = sum(self.contents[place] << index for index, place in enumerate(places))
            return bits.to_bytes((count + 7) // 8, "little")
        return b"".join(self.contents[place].to_bytes(2, "big") for place in places)


def built(slave: Slave, *channels: RegisterChannel, settle_s: float = 0.0) -> DeclaredModbus:
    form = ModbusForm(channels=channels, spans=spans(channels, gap=0, most=125), settle_s=settle_s)
    return ModbusMaker(form)(ModbusDevice(slave, 1), FixedClock(5), NoOptions())


async def test_driver_reads_each_table_with_its_function() -> None:
    slave = Slave(
        {
            (Function.READ_HOLDING, 0): 1,
            (Function.READ_INPUT, 0): 2,
            (Function.READ_COILS, 9): 1,
            (Function.READ_DISCRETE_INPUTS, 4): 0,
        }
    )
    driver = built(
        slave,
        channel("h", 0),
        channel("i", 0, table=Table.INPUT),
        channel("c", 9, table=Table.COIL),
        channel("d", 4, table=Table.DISCRETE),
    )
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"h": 1, "i": 2, "c": 1, "d": 0}
    assert reading.mono_ns == 5
    await driver.close()


async def test_requests_that_a_maker_foretells_are_those_of_a_sample() -> None:
    channels = (channel("h", 0), channel("i", 7, table=Table.INPUT), channel("c", 9, table=Table.COIL))
    maker = ModbusMaker(ModbusForm(channels=channels, spans=spans(channels, gap=0, most=125)))
    slave = Slave({(Function.READ_HOLDING, 0): 1, (Function.READ_INPUT, 7): 2, (Function.READ_COILS, 9): 1})
    await maker(ModbusDevice(slave, 3), FixedClock(5), NoOptions()).sample()
    assert isinstance(maker, Foretelling)
    assert list(maker.requests(3)) == slave.requests


async def test_driver_passes_on_that_the_slave_is_silent() -> None:
    driver = built(Slave({}), channel("h", 0))
    with pytest.raises(SlaveSilent):
        await driver.open()
    with pytest.raises(SlaveSilent):
        await driver.sample()


async def test_driver_gives_no_values_while_the_device_settles() -> None:
    driver = built(Slave({(Function.READ_HOLDING, 0): 1}), channel("h", 0), settle_s=10)
    await driver.open()
    assert (await driver.sample()).values == {"h": None}


def test_span_is_a_plain_value() -> None:
    assert Span(table=Table.COIL, address=1, count=2) == Span(table=Table.COIL, address=1, count=2)
