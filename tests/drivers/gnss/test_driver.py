from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, BusTimeout, ChecksumMismatch, InvalidData
from drivers.gnss import MODEL, driver
from drivers.gnss.driver import Gnss
from drivers.model import NoOptions
from drivers.reading import Clock, Sensitivity
from drivers.sim.captures import read_lines
from drivers.sim.gnss import ReplayedGnss, SimulatedGnss, sentence
from drivers.sim.line import SimulatedLine
from tests.support.serial_sensors import (
    CAPTURES,
    GNSS_LOGS,
    FixedClock,
    PiecewiseLine,
    RealClock,
    TickingClock,
    transcript,
)

STEPS = len(parse_serial(transcript("gnss.txt")).steps)
START = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


def receiver(line: PlaybackSerial | PiecewiseLine | LinuxSerial, clock: Clock | None = None) -> Gnss:
    return Gnss(line, clock or FixedClock(), NoOptions())


async def test_driver_says_nothing_and_hears_what_the_transcript_says() -> None:
    line = PlaybackSerial(transcript("gnss.txt"))
    gnss = receiver(line)

    await gnss.open()
    reading = await gnss.sample()
    await gnss.close()

    assert reading.values == {
        "latitude": 440_688_978,
        "longitude": -1_213_142_713,
        "altitude": 11_448,
        "fix": 1,
        "satellites": 12,
        "hdop": 101,
        "utc": 1_484_006_981_000,
    }
    line.assert_finished()


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.GONE])
@pytest.mark.parametrize("at", range(STEPS))
async def test_driver_whose_line_fails_after_any_step_raises_and_closes(at: int, failure: Failure) -> None:
    gnss = receiver(PlaybackSerial(parse_serial(transcript("gnss.txt")).cut(at, failure)))

    with pytest.raises((BusError, InvalidData)):
        await use(gnss)
    await gnss.close()


async def use(gnss: Gnss) -> None:
    await gnss.open()
    while True:
        await gnss.sample()


async def test_reading_has_the_time_of_the_read_that_brought_the_first_sentence() -> None:
    rmc, gga, _ = SimulatedGnss(START, satellites_in_view=4).frame().splitlines(keepends=True)
    clock = FixedClock(100)

    class Slow(PiecewiseLine):
        async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
            clock.now_ns += 1_000_000
            return await super().read(at_least=at_least, timeout_s=timeout_s)

    gnss = receiver(Slow([rmc[:10], rmc[10:], gga]), clock)
    await gnss.open()

    assert (await gnss.sample()).mono_ns == 100 + 2_000_000


async def test_sample_with_sentences_that_make_no_epoch_ends_at_the_deadline() -> None:
    gnss = receiver(PiecewiseLine([sentence("GPRMC,126000.00,A,,,,,,,,,,A")] * 20), TickingClock())
    await gnss.open()

    with pytest.raises(InvalidData, match="RMC, GGA or GNS"):
        await gnss.sample()


@pytest.mark.parametrize(
    ("place", "field", "kind"),
    [
        (1, "somebody@city.example", "email"),
        (6, "02:00:00:00:00:01", "mac"),
        (9, "+43 660 1234567", "phone"),
        (14, "4111111111111111", "card"),
        (3, "2001:db8::1", "ip"),
        (7, "AB-123-XY", "plate"),
    ],
)
async def test_sentence_with_one_field_that_trips_gives_nothing_and_is_counted(
    place: int, field: str, kind: str
) -> None:
    rmc, gga, _ = SimulatedGnss(START, satellites_in_view=4).frame().decode().splitlines()
    fields = gga.partition("*")[0][1:].split(",")
    fields[place] = field
    following = SimulatedGnss(START.replace(year=2025, month=1)).frame()
    gnss = receiver(PiecewiseLine([f"{rmc}\r\n".encode(), sentence(",".join(fields)), following]))
    await gnss.open()

    reading = await gnss.sample()  # the epoch of the first sentence alone, ended by the next

    assert (reading.values["altitude"], reading.values["satellites"], reading.values["hdop"]) == (None, None, None)
    assert gnss.trips == {kind: 1}
    assert (await gnss.sample()).values["satellites"] == 12
    assert gnss.trips == {kind: 1}


async def test_sentences_that_all_trip_make_no_epoch_and_no_text_of_theirs_is_in_the_error() -> None:
    odd = sentence("GPRMC,somebody@city.example,A,,,,,,,,,,A")
    gnss = receiver(PiecewiseLine([odd] * 20), TickingClock())
    await gnss.open()

    with pytest.raises(InvalidData, match="RMC, GGA or GNS") as caught:
        await gnss.sample()
    assert "somebody" not in str(caught.value)
    assert gnss.trips["email"] >= 2


@pytest.mark.parametrize("name", GNSS_LOGS)
async def test_log_of_a_real_receiver_trips_nothing(name: str) -> None:
    gnss = receiver(PiecewiseLine([(CAPTURES / name).read_bytes()]))
    await gnss.open()
    with pytest.raises(BusTimeout):
        await use(gnss)
    assert gnss.trips == {}


def test_channels_that_tell_where_are_of_class_location_and_no_other() -> None:
    located = {channel.name for channel in MODEL.channels if channel.sensitivity is Sensitivity.LOCATION}

    assert located == {"latitude", "longitude", "altitude"}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "EPOCH_TIMEOUT_S", 0.3)


@pytest.mark.parametrize("name", GNSS_LOGS)
async def test_driver_on_a_terminal_reads_a_log_with_noise_between_its_epochs(tmp_path: Path, name: str) -> None:
    simulated = ReplayedGnss(read_lines(CAPTURES / name), repeat=False)
    with SimulatedLine(tmp_path / "gnss") as line:
        gnss = receiver(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await gnss.open()
        for number in range(simulated.epochs):
            line.send(bytes(range(number % 36)))  # noise without a dollar sign
            line.send(simulated.frame())
            assert (await gnss.sample()).values == simulated.presented
        await gnss.close()


async def test_driver_on_a_terminal_goes_over_midnight_and_loses_and_finds_the_fix(tmp_path: Path) -> None:
    simulated = SimulatedGnss(START)
    with SimulatedLine(tmp_path / "gnss") as line:
        gnss = receiver(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await gnss.open()
        for quality in (1, 1, 0, 0, 2):
            simulated.set(latitude_deg=-0.0000001, longitude_deg=179.9999999, quality=quality)
            line.send(simulated.frame())
            reading = await gnss.sample()
            assert reading.values == simulated.presented
            assert (reading.values["latitude"] is None) == (quality == 0)
        await gnss.close()


@pytest.mark.usefixtures("quick")
async def test_driver_on_a_terminal_survives_every_fault(tmp_path: Path) -> None:
    simulated = SimulatedGnss(START)
    with SimulatedLine(tmp_path / "gnss") as line:
        gnss = receiver(LinuxSerial(str(line.link), MODEL.baudrate), RealClock())
        await gnss.open()

        with pytest.raises(BusTimeout):
            await gnss.sample()

        line.garbage(500, seed=1)
        with pytest.raises(InvalidData):
            await gnss.sample()

        line.send(simulated.frame().replace(b"4404", b"4405"))
        with pytest.raises(ChecksumMismatch):
            await gnss.sample()

        line.send(simulated.frame()[:50])
        with pytest.raises(InvalidData):
            await gnss.sample()

        line.garbage(50, seed=2)
        line.send(simulated.frame())
        assert (await gnss.sample()).values == simulated.presented

        line.unplug()
        with pytest.raises(BusGone):
            await gnss.sample()
        await gnss.close()

        line.replug()
        await gnss.open()
        line.send(simulated.frame())
        assert (await gnss.sample()).values == simulated.presented
        await gnss.close()
