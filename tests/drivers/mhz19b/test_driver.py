from pathlib import Path

import pytest

from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.errors import BusGone, BusTimeout, ChecksumMismatch, InvalidData
from drivers.mhz19b import MODEL, driver, frames
from drivers.mhz19b.driver import Mhz19b, Options
from drivers.reading import Clock
from drivers.sim.captures import read_hexdump
from drivers.sim.line import SimulatedLine
from drivers.sim.mhz19b import SimulatedMhz19b
from tests.support.serial_sensors import (
    CAPTURES,
    FixedClock,
    PiecewiseLine,
    RealClock,
    capture_rows,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
)

RECORDED = read_hexdump(CAPTURES / "mhz19b.hexdump")


def sensor(
    line: PlaybackSerial | PiecewiseLine | LinuxSerial, clock: Clock | None = None, options: Options | None = None
) -> Mhz19b:
    return Mhz19b(line, clock or FixedClock(), options or Options(warm_up_s=0))


def played(line: PlaybackSerial) -> Mhz19b:
    return sensor(line, options=Options(automatic_self_calibration=False, warm_up_s=0))


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("mhz19b.txt", played, samples=2)

    assert [reading.values for reading in readings] == [{"co2": 636}] * 2
    assert readings[0].raw["byte4"] == 0x42


async def test_answer_to_an_earlier_question_is_taken_for_none() -> None:
    line = PiecewiseLine([RECORDED[0] + SimulatedMhz19b(co2_ppm=999).command(frames.READ), RECORDED[1]])
    co2 = sensor(line)
    await co2.open()

    assert (await co2.sample()).values == {"co2": 636}


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("mhz19b.txt", played)


async def test_close_after_a_failed_open_sends_nothing() -> None:
    line = PiecewiseLine()
    line.gone = True
    co2 = sensor(line)

    with pytest.raises(BusGone):
        await co2.open()
    await co2.close()

    assert line.written == []


@pytest.mark.parametrize(
    ("wanted", "written"),
    [(None, []), (True, [frames.CALIBRATES_ITSELF]), (False, [frames.NEVER_CALIBRATES_ITSELF])],
    ids=["left_alone", "on", "off"],
)
async def test_open_sets_the_self_calibration_only_if_told_to(*, wanted: bool | None, written: list[bytes]) -> None:
    line = PiecewiseLine(RECORDED)

    await sensor(line, options=Options(automatic_self_calibration=wanted)).open()

    assert line.written == [*written, frames.READ]


async def test_sample_before_three_minutes_has_no_value_but_ticks() -> None:
    clock = FixedClock()
    co2 = sensor(PiecewiseLine(RECORDED), clock, Options())
    await co2.open()

    clock.now_ns = 179_999_999_999
    early = await co2.sample()
    clock.now_ns = 180_000_000_000

    assert (early.values, early.raw["co2"]) == ({"co2": None}, 636)
    assert (await co2.sample()).values == {"co2": 636}
    assert MODEL.warm_up_s == 180


def test_options_with_a_negative_warm_up_say_what_is_expected() -> None:
    with pytest.raises(ValueError, match="0 seconds or more"):
        Options(warm_up_s=-1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "ANSWER_TIMEOUT_S", 0.1)


async def test_driver_on_a_terminal_reads_the_capture_and_gives_the_csv(tmp_path: Path) -> None:
    simulated = SimulatedMhz19b.replaying([RECORDED[0], *RECORDED], repeat=False)  # opening asks once
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with SimulatedLine(tmp_path / "co2", on_receive=answer) as line:
        co2 = sensor(
            LinuxSerial(str(line.link), MODEL.baudrate),
            RealClock(),
            Options(automatic_self_calibration=True, warm_up_s=0),
        )
        await co2.open()
        for row in capture_rows("mhz19b.csv"):
            reading = await co2.sample()
            assert reading.values == simulated.presented == {"co2": int(row["CO2"])}
        await co2.close()

    assert simulated.self_calibration is True


@pytest.mark.usefixtures("quick")
async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path) -> None:
    simulated = SimulatedMhz19b(co2_ppm=512)
    before = b""
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(before + simulated.command(data))

    with SimulatedLine(tmp_path / "co2", on_receive=answer) as line:
        co2 = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await co2.open()

        simulated.mute = True
        asked = simulated.asked
        with pytest.raises(BusTimeout):
            await co2.sample()
        assert simulated.asked == asked + 3

        before = b"\x00\xff\xff garbage"
        with pytest.raises(InvalidData):
            await co2.sample()

        simulated.mute, simulated.spoilt = False, 3
        with pytest.raises(ChecksumMismatch):
            await co2.sample()

        simulated.spoilt = 2  # the third answer is right
        assert (await co2.sample()).values == {"co2": 512}

        line.unplug()
        with pytest.raises(BusGone):
            await co2.sample()
        await co2.close()

        line.replug()
        await co2.open()
        simulated.warming_up = True
        assert (await co2.sample()).values == {"co2": None}
        await co2.close()
