from pathlib import Path

import pytest

from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, BusTimeout, ChipError, InvalidData
from drivers.mac_scanner import MODEL, driver
from drivers.mac_scanner.driver import MacScanner, Options
from drivers.reading import Clock, Reading, Sensitivity
from drivers.sim.line import SimulatedLine
from drivers.sim.mac_scanner import ListedScanner, SimulatedScanner
from tests.support.serial_sensors import FixedClock, PiecewiseLine, RealClock, transcript

STEPS = len(parse_serial(transcript("mac_scanner.txt")).steps)
LINE = b"02:00:00:00:00:01,-67\r\n"
ADDRESS = b"\x02\x00\x00\x00\x00\x01"


def scanner(
    line: PlaybackSerial | PiecewiseLine | LinuxSerial, clock: Clock | None = None, options: Options | None = None
) -> MacScanner:
    return MacScanner(line, clock or FixedClock(), options or Options(silence_s=1))


def seen(reading: Reading) -> tuple[object, object]:
    return reading.values["mac"], reading.values["rssi"]


async def test_driver_says_nothing_and_hears_what_the_transcript_says() -> None:
    line = PlaybackSerial(transcript("mac_scanner.txt"))
    heard = scanner(line)

    await heard.open()
    found = [seen(await heard.sample()) for _ in range(3)]
    await heard.close()

    assert found == [(ADDRESS[:5] + bytes([last]), dbm) for last, dbm in ((1, -67), (2, -80), (3, -91))]
    assert heard.malformed == 1
    line.assert_finished()


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.GONE])
@pytest.mark.parametrize("at", range(STEPS))
async def test_driver_whose_line_fails_after_any_step_raises_and_closes(at: int, failure: Failure) -> None:
    heard = scanner(PlaybackSerial(parse_serial(transcript("mac_scanner.txt")).cut(at, failure)))

    with pytest.raises((BusError, ChipError)):
        await use(heard)
    await heard.close()


async def use(heard: MacScanner) -> None:
    await heard.open()
    while True:
        await heard.sample()


async def test_sightings_that_came_together_are_given_out_without_another_read() -> None:
    line = PiecewiseLine([LINE * 150])
    heard = scanner(line)
    await heard.open()

    readings = [await heard.sample() for _ in range(150)]

    assert len(line.asked) == 1
    assert {seen(reading) for reading in readings} == {(ADDRESS, -67)}


async def test_error_about_a_malformed_line_does_not_quote_it() -> None:
    heard = scanner(PiecewiseLine([b"02:00:00:00:00:01;-67\r\n"]))
    await heard.open()

    with pytest.raises(ChipError) as caught:
        await heard.sample()

    assert "02" not in str(caught.value)


async def test_trips_are_counted_and_stay_when_the_line_is_opened_again() -> None:
    line = PiecewiseLine([b"somebody@city.example,-67\r\n" + LINE, b"+436601234567\r\n" + LINE])
    heard = scanner(line)
    await heard.open()
    assert seen(await heard.sample()) == (ADDRESS, -67)
    await heard.open()
    assert seen(await heard.sample()) == (ADDRESS, -67)

    assert heard.trips == {"email": 1, "phone": 1}
    assert heard.malformed == 1


async def test_reading_does_not_show_the_address() -> None:
    heard = scanner(PiecewiseLine([LINE]))
    await heard.open()

    assert "02" not in repr(await heard.sample()).lower().replace("\\x", "")


@pytest.mark.parametrize("silence_s", [-1, 86_401])
def test_options_with_an_impossible_silence_say_what_is_possible(silence_s: int) -> None:
    with pytest.raises(ValueError, match=f"silence_s: expected 0 to 86400 seconds, found {silence_s}"):
        Options(silence_s=silence_s)


async def test_scanner_may_be_silent_for_a_day_unless_told_otherwise() -> None:
    line = PiecewiseLine([LINE])
    heard = scanner(line, options=Options())
    await heard.open()
    await heard.sample()

    assert line.timeouts_s == [86_400]


def test_both_channels_are_of_one_group_and_the_address_is_an_identifier() -> None:
    assert {channel.group for channel in MODEL.channels} == {"devices"}
    assert [channel.sensitivity for channel in MODEL.channels] == [Sensitivity.IDENTIFIER, Sensitivity.MEASUREMENT]


async def test_driver_on_a_terminal_loses_no_sighting_of_a_busy_street(tmp_path: Path) -> None:
    simulated = SimulatedScanner(seed=4, arrivals_per_s=8)
    with SimulatedLine(tmp_path / "mac") as line:
        heard = scanner(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options(silence_s=5))
        await heard.open()
        for _ in range(30):
            assert line.send(simulated.frame()) > 0
            assert [seen(await heard.sample()) for _ in simulated.presented] == simulated.presented
        assert heard.malformed == 0
        await heard.close()


async def test_driver_on_a_terminal_takes_thousands_of_sightings_in_a_flood(tmp_path: Path) -> None:
    listed = ListedScanner(((bytes([2, 0, 0, 0, number >> 8, number & 255]), -60) for number in range(5000)), each=50)
    with SimulatedLine(tmp_path / "mac") as line:
        heard = scanner(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options(silence_s=5))
        await heard.open()
        found = set()
        while sent := listed.frame():
            line.send(sent)
            found |= {(await heard.sample()).values["mac"] for _ in listed.presented}
        await heard.close()

    assert len(found) == 5000


async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "NO_LIMIT_S", 0.3)
    with SimulatedLine(tmp_path / "mac") as line:
        heard = scanner(LinuxSerial(str(line.link), MODEL.baudrate), RealClock(), Options())
        await heard.open()

        line.half(LINE)
        with pytest.raises(BusTimeout):
            await heard.sample()

        line.garbage(500, seed=1)
        with pytest.raises(ChipError):
            await heard.sample()

        line.send(b"\n02:00:00:00:00:01,-670\r\n")
        with pytest.raises(InvalidData):
            await heard.sample()

        line.garbage(200, seed=2)
        line.send(b"\n" + LINE)
        assert seen(await heard.sample()) == (ADDRESS, -67)

        line.unplug()
        with pytest.raises(BusGone):
            await heard.sample()
        await heard.close()

        line.replug()
        await heard.open()
        line.send(LINE)
        assert seen(await heard.sample()) == (ADDRESS, -67)
        await heard.close()
