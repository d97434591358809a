"""A declared chip: its transactions to the byte, and each of them failing in each way."""

from dataclasses import replace

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import Failure, parse_i2c
from drivers.declared.checks import CRCS, Check
from drivers.declared.fields import Field, Kind
from drivers.declared.i2c import DeclaredI2c, I2cForm, I2cMaker, Identity, Transaction, Until, WordCheck
from drivers.declared.samples import Number, Requirement
from drivers.declared.scaling import Scaling
from drivers.errors import BusError, ChecksumMismatch, DriverError, InvalidData, NotReady, WrongChip
from drivers.model import NoOptions
from tests.support.slept_clock import SleptClock, StoppableClock

FORM = I2cForm(
    name="thing",
    identity=Identity(
        transaction=Transaction(write=b"\xef\xc8", read=3),
        field=Field(at=0, kind=Kind.U16, bits=(5, 0)),
        values=(7,),
    ),
    setup=(Transaction(write=b"\x35\x17", wait_s=0.001),),
    measure=(
        Transaction(write=b"\x7c\xa2", wait_s=0.015),
        Transaction(read=6),
    ),
    goodbye=(Transaction(write=b"\xb0\x98"),),
    words=WordCheck(check=Check(name="crc8-sensirion", crc=CRCS["crc8-sensirion"]), every=2),
    requirements=(Requirement(field=Field(at=0, kind=Kind.U8), allowed=(0xBE,), otherwise="it says that it is ill"),),
    channels=(
        Number(name="temperature", field=Field(at=0, kind=Kind.U16), scaling=Scaling()),
        Number(name="humidity", field=Field(at=2, kind=Kind.I16), scaling=Scaling()),
    ),
)
OPENING = """
0x70 W ef c8 R 08 87 5b
0x70 W 35 17
"""
SAMPLE = """
0x70 W 7c a2
0x70 R be ef 92 00 00 81
"""
CLOSING = "0x70 W b0 98\n"


def built(script: str, form: I2cForm = FORM, clock: SleptClock | None = None) -> tuple[DeclaredI2c, PlaybackI2c]:
    bus = PlaybackI2c(script)
    return I2cMaker(form)(I2cDevice(bus, 0x70), clock or SleptClock(), NoOptions()), bus


async def test_driver_identifies_sets_up_measures_and_takes_leave_as_the_file_says() -> None:
    clock = SleptClock()
    driver, bus = built(OPENING + SAMPLE + SAMPLE + CLOSING, clock=clock)
    await driver.open()
    for _ in range(2):
        reading = await driver.sample()
        assert reading.values == {"temperature": 0xBEEF, "humidity": 0}
        assert reading.raw == {"temperature": 0xBEEF, "humidity": 0}
        assert reading.mono_ns == clock.now_ns
    await driver.close()
    bus.assert_finished()
    assert clock.slept_s == [0.001, 0.015, 0.015]


@pytest.mark.parametrize("failure", list(Failure))
@pytest.mark.parametrize("cut", range(4))
async def test_driver_passes_on_what_fails_and_closes(cut: int, failure: Failure) -> None:
    script = parse_i2c(OPENING + SAMPLE)
    bus = PlaybackI2c(script.cut(cut, failure))
    driver = DeclaredI2c(I2cDevice(bus, 0x70), SleptClock(), FORM)
    with pytest.raises(BusError):
        await _through(driver)
    await driver.close()


async def _through(driver: DeclaredI2c) -> None:
    await driver.open()
    await driver.sample()


@pytest.mark.parametrize(
    ("script", "error", "told"),
    [
        ("0x70 W ef c8 R 08 88 75\n", WrongChip, "expected id 0x07"),
        ("0x70 W ef c8 R 00 00 81\n", InvalidData, "all 0x00"),
        ("0x70 W ef c8 R 08 87 5c\n", ChecksumMismatch, "word 0"),
        (OPENING + "0x70 W 7c a2\n0x70 R be ef 92 00 00 82\n", ChecksumMismatch, "word 1"),
        (OPENING + "0x70 W 7c a2\n0x70 R 00 00 81 00 00 81\n", InvalidData, "all 0x00"),
        (OPENING + "0x70 W 7c a2\n0x70 R ff ff ac ff ff ac\n", InvalidData, "all 0xff"),
        (OPENING + "0x70 W 7c a2\n0x70 R 12 34 37 00 00 81\n", InvalidData, "it says that it is ill"),
    ],
)
async def test_driver_refuses_what_the_file_rules_out(script: str, error: type[DriverError], told: str) -> None:
    driver, _ = built(script)
    with pytest.raises(error, match=told):
        await _through(driver)


async def test_zeros_are_a_measurement_where_the_file_says_so() -> None:
    form = replace(FORM, may_be_zero=True, requirements=())
    driver, _ = built(OPENING + "0x70 W 7c a2\n0x70 R 00 00 81 00 00 81\n", form)
    await driver.open()
    assert (await driver.sample()).values == {"temperature": 0, "humidity": 0}


async def test_driver_waits_until_the_chip_is_ready_and_gives_up_in_the_end() -> None:
    until = Until(field=Field(at=0, kind=Kind.U8, bits=(7, 7)), value=0, every_s=0.5, tries=3)
    form = I2cForm(
        name="slow",
        measure=(Transaction(write=b"\x01", read=1, until=until), Transaction(write=b"\x02", read=2)),
        channels=(Number(name="x", field=Field(at=1, kind=Kind.U16), scaling=Scaling()),),
    )
    clock = SleptClock()
    driver, bus = built("0x70 W 01 R 80\n0x70 W 01 R 80\n0x70 W 01 R 00\n0x70 W 02 R 12 34\n", form, clock)
    await driver.open()
    assert (await driver.sample()).values == {"x": 0x1234}
    bus.assert_finished()
    assert clock.slept_s == [0.5, 0.5]
    driver, _ = built("0x70 W 01 R 80\n" * 3, form)
    await driver.open()
    with pytest.raises(NotReady, match="busy"):
        await driver.sample()


async def test_sample_before_open_is_refused_and_close_after_a_failed_open_sends_nothing() -> None:
    driver, bus = built("")
    with pytest.raises(NotReady, match="not opened"):
        await driver.sample()
    await driver.close()
    bus.assert_finished()


async def test_cancelled_in_a_wait_the_driver_can_be_closed() -> None:
    clock = StoppableClock()
    driver, bus = built(OPENING + "0x70 W 7c a2\n" + CLOSING, clock=clock)
    await driver.open()
    await clock.cancel_in_sleep(driver.sample())
    await driver.close()
    bus.assert_finished()


async def test_close_is_quiet_when_nobody_answers() -> None:
    driver, _ = built(OPENING + "0x70 W b0 98 NACK\n")
    await driver.open()
    await driver.close()
