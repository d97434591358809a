import random
from pathlib import Path

import pytest

from drivers import plantower_driver
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, ChecksumMismatch, DriverError, InvalidData
from drivers.plantower_driver import Plantower
from drivers.pmsx003 import MODEL
from drivers.pmsx003.driver import Options, Pmsx003
from drivers.reading import Clock
from drivers.sim.captures import read_hexdump
from drivers.sim.line import SimulatedLine
from drivers.sim.pmsx003 import SimulatedPms
from tests.support.serial_sensors import (
    CAPTURES,
    FixedClock,
    PiecewiseLine,
    RealClock,
    TickingClock,
    capture_rows,
    survives_every_fault,
    transcript,
)

RECORDED = read_hexdump(CAPTURES / "pmsx003.hexdump")
STEPS = len(parse_serial(transcript("pmsx003.txt")).steps)


def sensor(line: PlaybackSerial | PiecewiseLine | LinuxSerial, clock: Clock | None = None) -> Plantower:
    return Pmsx003(line, clock or FixedClock(), Options())


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    line = PlaybackSerial(transcript("pmsx003.txt"))
    pms = sensor(line)

    await pms.open()
    readings = [await pms.sample(), await pms.sample()]
    await pms.close()

    assert [reading.values["pm2_5"] for reading in readings] == [8, 7]
    assert readings[0].values["n0_3"] == 210
    assert readings[0].raw["data13"] == 0x9700
    line.assert_finished()


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.GONE])
@pytest.mark.parametrize("at", range(STEPS - 1))
async def test_driver_whose_line_fails_after_any_step_raises_a_bus_error_and_closes(
    at: int, failure: Failure
) -> None:
    pms = sensor(PlaybackSerial(parse_serial(transcript("pmsx003.txt")).cut(at, failure)))

    with pytest.raises(BusError):
        await use(pms)
    await pms.close()


async def use(pms: Plantower) -> None:
    await pms.open()
    while True:
        await pms.sample()


async def test_close_after_a_failed_open_sends_nothing() -> None:
    line = PiecewiseLine()
    line.gone = True
    pms = sensor(line)

    with pytest.raises(BusGone):
        await pms.open()
    await pms.close()
    await pms.close()

    assert line.written == []


async def test_sample_takes_the_time_before_decoding() -> None:
    clock = TickingClock()
    pms = Pmsx003(PiecewiseLine([RECORDED[0]]), clock, Options())
    await pms.open()
    before = clock.looks

    reading = await pms.sample()

    assert reading.mono_ns == (before + 2) * 1_000_000_000  # a look before the read, one after it, no more
    assert clock.looks == before + 2


def test_options_that_settle_in_no_time_say_what_is_possible() -> None:
    with pytest.raises(ValueError, match="settle_s: expected 0 seconds or more, found -1"):
        Options(settle_s=-1)


async def test_sample_before_the_sensor_has_settled_has_no_values_but_ticks() -> None:
    clock = FixedClock()
    pms = Pmsx003(PiecewiseLine(RECORDED), clock, Options(settle_s=30))
    await pms.open()

    clock.now_ns = 29_999_999_999
    early = await pms.sample()
    clock.now_ns = 30_000_000_000
    settled = await pms.sample()

    assert set(early.values.values()) == {None}
    assert early.raw["data2"] == 8
    assert settled.values["pm2_5"] == 7


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plantower_driver, "FRAME_TIMEOUT_S", 0.3)


async def test_driver_on_a_terminal_reads_the_capture_and_gives_the_csv(tmp_path: Path) -> None:
    simulated = SimulatedPms.replaying(RECORDED, repeat=False)
    with SimulatedLine(tmp_path / "pms") as line:
        pms = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await pms.open()
        for row in capture_rows("pmsx003.csv"):
            line.send(simulated.frame())
            reading = await pms.sample()
            assert reading.values == simulated.presented
            assert reading.values["pm10"] == int(float(row["pm10"]))
        await pms.close()

        simulated.command(line.receive(21))

    assert simulated.asleep


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("bad", "complaint"),
    [(RECORDED[0][:-1] + b"\x00", ChecksumMismatch), (random.Random(1).randbytes(200), InvalidData)],
)
async def test_driver_on_a_terminal_survives_every_fault(
    tmp_path: Path, bad: bytes, complaint: type[DriverError]
) -> None:
    with SimulatedLine(tmp_path / "pms") as line:
        driver = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        readings = await survives_every_fault(driver, line, good=RECORDED[0], bad=bad, complaint=complaint)
    assert [reading.values["pm2_5"] for reading in readings] == [8, 8]
