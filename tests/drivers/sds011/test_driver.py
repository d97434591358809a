import random
from pathlib import Path

import pytest

from drivers import novafitness_driver
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, ChecksumMismatch, DriverError, InvalidData
from drivers.novafitness_driver import NovaFitness
from drivers.reading import Clock
from drivers.sds011 import MODEL
from drivers.sds011.driver import Options, Sds011
from drivers.sim.captures import read_hexdump
from drivers.sim.line import SimulatedLine
from drivers.sim.sds011 import SimulatedSds011
from tests.support.serial_sensors import (
    CAPTURES,
    FixedClock,
    PiecewiseLine,
    RealClock,
    capture_rows,
    survives_every_fault,
    transcript,
)

RECORDED = read_hexdump(CAPTURES / "sds01x.hexdump")
STEPS = len(parse_serial(transcript("sds011.txt")).steps)


def sensor(
    line: PlaybackSerial | PiecewiseLine | LinuxSerial, clock: Clock | None = None, options: Options | None = None
) -> NovaFitness:
    return Sds011(line, clock or FixedClock(), options or Options())


@pytest.mark.parametrize(
    ("name", "expected"),
    [("sds011.txt", [6, 9]), ("sds011-set-up.txt", [6]), ("sds011-only-talks.txt", [9])],
    ids=["set_up_already", "to_be_set_up", "only_talks"],
)
async def test_driver_says_and_hears_what_the_transcript_says(name: str, expected: list[int]) -> None:
    line = PlaybackSerial(transcript(name))
    sds = sensor(line)

    await sds.open()
    values = [(await sds.sample()).values["pm2_5"] for _ in expected]
    await sds.close()

    assert values == expected
    line.assert_finished()


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.GONE])
@pytest.mark.parametrize("at", range(STEPS - 1))
async def test_driver_whose_line_fails_after_any_step_raises_a_bus_error_and_closes(
    at: int, failure: Failure
) -> None:
    sds = sensor(PlaybackSerial(parse_serial(transcript("sds011.txt")).cut(at, failure)))

    with pytest.raises(BusError):
        await use(sds)
    await sds.close()


async def use(sds: NovaFitness) -> None:
    await sds.open()
    while True:
        await sds.sample()


async def test_close_after_a_failed_open_sends_nothing() -> None:
    line = PiecewiseLine()
    line.gone = True
    sds = sensor(line)

    with pytest.raises(BusGone):
        await sds.open()
    await sds.close()

    assert line.written == []


async def test_sample_before_the_sensor_has_settled_has_no_values_but_ticks() -> None:
    clock = FixedClock()
    line = PiecewiseLine([b"", RECORDED[0], RECORDED[1]])
    sds = sensor(line, clock, Options(settle_s=30))
    await sds.open()

    clock.now_ns = 29_999_999_999
    early = await sds.sample()
    clock.now_ns = 30_000_000_000

    assert (early.values, early.raw) == ({"pm2_5": None, "pm10": None}, {"pm2_5": 6, "pm10": 6})
    assert (await sds.sample()).values == {"pm2_5": 9, "pm10": 9}


async def test_sample_with_a_working_period_waits_longer_than_the_period() -> None:
    line = PiecewiseLine([b"", RECORDED[0]])
    sds = sensor(line, options=Options(period_min=10))
    await sds.open()

    await sds.sample()

    assert line.timeouts_s[-1] > 600


@pytest.mark.parametrize("period_min", [-1, 31])
def test_options_with_an_impossible_period_say_what_is_possible(period_min: int) -> None:
    with pytest.raises(ValueError, match="all the time"):
        Options(period_min=period_min)


def test_options_that_settle_in_no_time_say_what_is_possible() -> None:
    with pytest.raises(ValueError, match="settle_s: expected 0 seconds or more, found -1"):
        Options(settle_s=-1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(novafitness_driver, "REPORT_TIMEOUT_S", 0.3)
    monkeypatch.setattr(novafitness_driver, "REPLY_TIMEOUT_S", 0.05)


async def test_driver_on_a_terminal_sets_up_the_sensor_once_and_reads_the_capture(tmp_path: Path) -> None:
    simulated = SimulatedSds011.replaying(RECORDED, repeat=False)
    simulated.asleep, simulated.reporting, simulated.period_min = True, 1, 5
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with SimulatedLine(tmp_path / "sds", on_receive=answer) as line:
        sds = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        for _ in range(2):
            await sds.open()
            assert (simulated.asleep, simulated.reporting, simulated.period_min) == (False, 0, 0)
            assert simulated.writes == 2
        for row in capture_rows("sds01x.csv"):
            line.send(simulated.frame())
            reading = await sds.sample()
            assert reading.values == simulated.presented
            assert reading.values["pm10"] == round(float(row["pm10"]) * 10)
        await sds.close()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("bad", "complaint"),
    [(RECORDED[0][:-2] + b"\x00\xab", ChecksumMismatch), (random.Random(1).randbytes(200), InvalidData)],
)
async def test_driver_on_a_terminal_survives_every_fault(
    tmp_path: Path, bad: bytes, complaint: type[DriverError]
) -> None:
    with SimulatedLine(tmp_path / "sds") as line:
        driver = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        readings = await survives_every_fault(driver, line, good=RECORDED[0], bad=bad, complaint=complaint)
    assert [reading.values["pm2_5"] for reading in readings] == [6, 6]
