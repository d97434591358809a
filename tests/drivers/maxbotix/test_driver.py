from pathlib import Path

import pytest

from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import InvalidData
from drivers.maxbotix import MODEL, driver
from drivers.maxbotix.driver import Maxbotix
from drivers.maxbotix.options import Options, Unit
from drivers.reading import Clock
from drivers.sim.line import SimulatedLine
from drivers.sim.maxbotix import SimulatedMaxbotix
from tests.support.serial_sensors import (
    FixedClock,
    PiecewiseLine,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
    survives_every_fault,
)


def sensor(line: SerialLine, clock: Clock | None = None, options: Options | None = None) -> Maxbotix:
    return Maxbotix(line, clock or FixedClock(), options or Options(height_mm=2000))


async def test_driver_says_nothing_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("maxbotix.txt", sensor, samples=3)

    assert [reading.values["distance"] for reading in readings] == [1234, 300, None]
    assert [reading.values["level"] for reading in readings] == [766, 1700, None]
    assert readings[2].raw == {"range": 5000}


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("maxbotix.txt", sensor)


@pytest.mark.parametrize(("unit", "right"), [(Unit.MM, b"R1234"), (Unit.CM, b"R123")])
async def test_range_that_has_lost_a_digit_on_the_line_is_no_other_range(unit: Unit, right: bytes) -> None:
    other = b"R123" if unit is Unit.MM else b"R1230"
    heard = sensor(PiecewiseLine([other + b"\r" + right + b"\r"]), options=Options(unit=unit))
    await heard.open()

    assert (await heard.sample()).raw == {"range": int(right[1:])}


async def test_trips_are_counted_and_stay_when_the_line_is_opened_again() -> None:
    line = PiecewiseLine([b"somebody@city.example\rR1000\r", b"+436601234567\rR1000\r"])
    heard = sensor(line)
    await heard.open()
    await heard.sample()
    await heard.open()
    await heard.sample()

    assert heard.trips == {"email": 1, "phone": 1}
    assert line.written == []


async def test_error_about_a_malformed_line_does_not_quote_it() -> None:
    heard = sensor(PiecewiseLine([b"Q1234\r"]))
    await heard.open()

    with pytest.raises(InvalidData) as caught:
        await heard.sample()

    assert "1234" not in str(caught.value)


async def test_driver_on_a_terminal_gives_what_the_sensor_presents(tmp_path: Path) -> None:
    with SimulatedLine(tmp_path / "level") as line:
        for simulated, options in (
            (SimulatedMaxbotix(), Options()),
            (SimulatedMaxbotix(nearest_mm=500, farthest_mm=9998), Options(no_target=9999)),
            (SimulatedMaxbotix(millimetres=False, nearest_mm=200, farthest_mm=7640), Options(unit=Unit.CM)),
        ):
            heard = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), options)
            await heard.open()
            for distance in (12, 1234.4, 4999, 5000, 7649, None):
                simulated.set(distance_mm=distance)
                line.send(simulated.frame())
                assert (await heard.sample()).values["distance"] == simulated.presented
            await heard.close()


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "RANGE_TIMEOUT_S", 0.2)
    with SimulatedLine(tmp_path / "level") as line:
        heard = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())

        readings = await survives_every_fault(heard, line, good=b"R1234\r", bad=b"R12.34\r", complaint=InvalidData)

    assert [reading.values["distance"] for reading in readings] == [1234, 1234]
