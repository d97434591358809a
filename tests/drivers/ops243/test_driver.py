from pathlib import Path

import pytest

from drivers.bus.api import SerialLine
from drivers.bus.linux_serial import LinuxSerial
from drivers.errors import BusGone, BusTimeout, InvalidData
from drivers.ops243 import MODEL, driver
from drivers.ops243.driver import Ops243, Options
from drivers.reading import Clock, Sensitivity
from drivers.sim.line import SimulatedLine
from drivers.sim.ops243 import SimulatedOps243
from tests.support.serial_sensors import (
    FixedClock,
    PiecewiseLine,
    RealClock,
    fails_and_closes_wherever_the_line_fails,
    says_what_the_transcript_says,
)


def sensor(line: SerialLine, clock: Clock | None = None, options: Options | None = None) -> Ops243:
    return Ops243(line, clock or FixedClock(), options or Options(silence_s=1))


async def test_driver_says_and_hears_what_the_transcript_says() -> None:
    readings = await says_what_the_transcript_says("ops243.txt", sensor, samples=2)

    assert [reading.values for reading in readings] == [
        {"vehicles": 1, "inbound": 1, "outbound": 0, "speed": 1389},
        {"vehicles": 1, "inbound": 0, "outbound": 1, "speed": 833},
    ]
    assert readings[0].raw == {"reports": 2, "speed": 1389}


async def test_driver_whose_line_fails_after_any_step_raises_and_closes() -> None:
    await fails_and_closes_wherever_the_line_fails("ops243.txt", sensor)


def test_counts_and_speed_are_of_one_group_and_only_counts_count_contributors() -> None:
    assert {channel.group for channel in MODEL.channels} == {"vehicles"}
    assert [channel.sensitivity for channel in MODEL.channels] == [Sensitivity.COUNT] * 3 + [Sensitivity.MEASUREMENT]
    assert MODEL.quiet


async def test_street_may_be_silent_for_a_day_unless_told_otherwise() -> None:
    line = PiecewiseLine()
    radar = sensor(line, options=Options())
    await radar.open()

    with pytest.raises(BusTimeout):
        await radar.sample()

    assert line.timeouts_s == [86_400]


async def test_trips_are_counted_and_the_error_does_not_quote_the_line() -> None:
    line = PiecewiseLine([b'{"speed":12.3,"plate":"AB12 XYZ"}\r\n'])
    radar = sensor(line)
    await radar.open()

    with pytest.raises(InvalidData) as caught:
        await radar.sample()

    assert radar.trips == {"plate": 1}
    assert "AB12" not in str(caught.value)
    assert "12.3" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("slowest_kmh", "0 to 200 km/h"),
        ("gap_ms", "100 to 5000 ms"),
        ("longest_s", "1 second or more"),
        ("silence_s", "0 to 86400 seconds"),
    ],
)
def test_options_that_make_no_vehicles_say_what_is_expected(options: str, expected: str) -> None:
    with pytest.raises(ValueError, match=f"{options}: expected {expected}, found -1"):
        Options(**{options: -1})


@pytest.mark.parametrize("deaf", [False, True], ids=["set_up", "only_talks"])
async def test_driver_on_a_terminal_gives_a_reading_a_vehicle(tmp_path: Path, *, deaf: bool) -> None:
    simulated = SimulatedOps243()
    simulated.deaf = deaf
    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data))

    with SimulatedLine(tmp_path / "radar", on_receive=answer) as line:
        radar = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options(gap_ms=100, silence_s=5))
        await radar.open()
        for m_s in (13.9, -8.5, 27.8):
            line.send(b"".join([simulated.report(1.2), *simulated.passage(m_s), simulated.report(1.3)]))
            reading = await radar.sample()
            assert reading.values["inbound"] == int(m_s > 0)
            assert reading.values["speed"] == round(abs(m_s) * 100)
            assert reading.raw["reports"] == 5
        line.send(simulated.detected(-13.9))
        assert (await radar.sample()).values["outbound"] == 1
        await radar.close()

    assert simulated.json is not deaf


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "NO_LIMIT_S", 0.3)
    passage = b"".join(SimulatedOps243().passage(10.0))
    with SimulatedLine(tmp_path / "radar") as line:
        radar = sensor(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options(gap_ms=100))
        await radar.open()

        with pytest.raises(BusTimeout):
            await radar.sample()

        line.garbage(500, seed=1)
        with pytest.raises(InvalidData):
            await radar.sample()

        line.half(b"\n12.34\r\n")
        with pytest.raises((BusTimeout, InvalidData)):
            await radar.sample()

        line.garbage(200, seed=2)
        line.send(b"\n" + passage)
        assert (await radar.sample()).values["speed"] == 1000

        line.send(passage)
        line.unplug()
        with pytest.raises(BusGone):
            await radar.sample()
        await radar.close()
        with pytest.raises(BusGone):
            await radar.open()
        await radar.close()

        line.replug()
        await radar.open()
        line.send(passage)
        assert (await radar.sample()).values["vehicles"] == 1
        await radar.close()
