"""`lamppost probe` as its users see it."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from rich.console import Console

from agent import poller
from agent.cli import holding
from agent.cli import probe as command
from agent.cli.main import main
from agent.cli.probe_page import Page, headline, line_words
from agent.config import Settings, load
from agent.probing import Probe, hidden
from drivers.bme280.driver import Bme280
from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c, PlaybackSerial
from drivers.modbus.line import Counts
from drivers.model import Driver, NoOptions
from drivers.pmsx003 import MODEL as PMSX003
from drivers.reading import Channel, Reading, Sensitivity
from drivers.sim.captures import read_lines
from drivers.sim.gnss import ReplayedGnss
from drivers.sim.pmsx003 import SimulatedPms
from tests.support.agent_process import FOOTFALL, PLACE, ROOT, WEATHER, Site, running
from tests.support.buses import FakeI2c, ManualClock
from tests.support.feeding import feeding

MAC = "AA:BB:CC:12:34:56"
INTERVAL_S = 0.1
SIGHTING = f"{MAC},-67\n".encode()
DUST = """
[bus.dust]
kind = "serial"
path = "{folder}/tty-dust"

[sensor.dust]
model = "pmsx003"
bus = "dust"
options = { settle_s = 0 }

[stream.dust]
title = "Dust"
description = "Dust"
purpose = "Air"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "1min"
batch = "1min"
overflow = "drop_oldest"

[stream.dust.channel.pm10]
from = "dust.pm10"
rule = "mean"
unit = "ug/m3"
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor that answers."""
    site = Site(tmp_path)
    site.plug()
    yield site
    site.adapter.close()


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


class Run(Protocol):
    """Runs `lamppost probe` of a sensor of the site; `at` is done when so many lines have been printed."""

    def __call__(self, sensor: str, *options: str, at: Mapping[int, Callable[[], None]] | None = None) -> Done: ...


class Printed(io.StringIO):
    """What is printed, and what is done when a line is."""

    def __init__(self, at: Mapping[int, Callable[[], None]]) -> None:
        super().__init__()
        self._at = dict(at)

    def write(self, text: str) -> int:
        written = super().write(text)
        if act := self._at.pop(self.getvalue().count("\n"), None):
            act()
        return written


@pytest.fixture
def probe(site: Site, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, ten times as fast: a process takes half a second to begin."""

    def quickly(file: Path) -> Settings:
        settings = load(file)
        return replace(settings, sensors=tuple(replace(plan, interval_s=INTERVAL_S) for plan in settings.sensors))

    monkeypatch.setattr(command, "keep_memory_private", lambda: None)
    monkeypatch.setattr(command, "load", quickly)
    monkeypatch.setattr(command, "_EVERY_S", INTERVAL_S)
    monkeypatch.setattr(holding, "_PATIENCE_S", INTERVAL_S)
    monkeypatch.setattr(poller, "_BACKOFF_FIRST_S", INTERVAL_S)

    def run(sensor: str, *options: str, at: Mapping[int, Callable[[], None]] | None = None) -> Done:
        with (
            contextlib.redirect_stdout(Printed(at or {})) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = main(["probe", sensor, str(site.config), *options])
        return Done(code, out.getvalue(), err.getvalue())

    return run


def interrupt(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def _told(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def _last(done: Done) -> dict[str, Any]:
    return _told(done)[-1]


def test_probe_shows_one_reading_with_units_ages_and_errors(site: Site, probe: Run) -> None:
    site.chip.set(temperature_c=-7)
    done = probe("weather")
    assert done.returncode == 0, done.stderr
    assert "weather, Bosch Sensortec BME280: ok; 1 readings, 0 errors" in done.stdout
    (shown,) = [line.split() for line in done.stdout.splitlines() if line.startswith("temperature")]
    assert float(shown[1]) == pytest.approx(-7, abs=0.02)
    assert (shown[2], shown[4:]) == ("Cel", ["s", "1"])
    assert site.kept == []


def test_probe_of_several_samples_tells_how_many_there_are_in_a_minute(probe: Run) -> None:
    done = probe("weather", "--samples", "3", "--json")
    assert done.returncode == 0, done.stderr
    told = _last(done)
    assert (told["state"], told["readings"], told["errors"], told["problem"]) == ("ok", 3, 0, None)
    assert len(done.stdout.splitlines()) == 3
    for channel in told["channels"]:
        assert channel["count"] == 3
        assert 0 <= channel["age_s"] < 5
        assert channel["a_minute"] == pytest.approx(60 / INTERVAL_S, rel=0.3)


def test_probe_with_watch_goes_on_until_it_is_interrupted(probe: Run) -> None:
    done = probe("weather", "--watch", "--json", at={3: interrupt})
    assert [told["readings"] for told in _told(done)][:3] == [1, 2, 3]
    assert done.returncode == 0


def test_probe_with_watch_shows_a_sensor_that_fails_and_comes_back(site: Site, probe: Run) -> None:
    chips = dict(site.adapter.chips)
    site.adapter.chips.clear()
    ending = {1: lambda: site.adapter.chips.update(chips), 2: lambda: interrupt(signal.SIGTERM)}
    done = probe("weather", "--watch", "--json", at=ending)
    first, later = _told(done)[:2]
    assert (first["state"], first["readings"], first["errors"]) == ("absent", 0, 1)
    assert "nobody answers: check wiring, power and address" in first["problem"]
    assert (later["state"], later["readings"], later["problem"]) == ("ok", 1, None)
    assert done.returncode == 0


def test_probe_of_a_sensor_that_does_not_answer_ends_and_says_why(site: Site, probe: Run) -> None:
    site.adapter.chips.clear()
    done = probe("weather")
    assert done.returncode == 1
    assert "sensor weather gave 0 readings" in done.stderr
    assert "address 0x76: nobody answers: check wiring, power and address" in done.stderr


def test_probe_of_a_sensor_that_is_not_there_says_which_are(probe: Run) -> None:
    done = probe("wether")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no sensor 'wether'; expected one of weather; did you mean" in done.stderr


@pytest.mark.parametrize("options", [("weather", "--samples", "0"), ("weather", "--samples", "many"), ()])
def test_probe_with_a_wrong_command_line_exits_with_usage(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["probe", *options])
    assert ended.value.code == 2
    assert "usage: lamppost probe" in capsys.readouterr().err


def test_probe_shows_no_identifier_no_place_and_nothing_derived_from_people(site: Site, probe: Run) -> None:
    site.parts = (WEATHER, FOOTFALL, PLACE)
    site.write()
    gnss = ReplayedGnss(read_lines(ROOT / "tests" / "captures" / "gnss-ublox-8.log"))
    with feeding(site.folder / "tty-scanner", lambda: SIGHTING), feeding(site.folder / "tty-gnss", gnss.frame):
        scanner = probe("scanner", "--samples", "5", "--json")
        text = site.command("probe", "scanner", str(site.config), "--samples", "2")
        place = probe("gnss", "--samples", "2", "--json")

    assert scanner.returncode == text.returncode == place.returncode == 0, place.stderr
    assert [(channel["name"], channel["value"], channel["count"]) for channel in _last(scanner)["channels"]] == [
        ("mac", "not shown: identifier", 5),
        ("rssi", "not shown: derived from people or vehicles", 5),
    ]
    assert _last(scanner)["channels"][0]["a_minute"] > 0
    told = {channel["name"]: channel["value"] for channel in _last(place)["channels"]}
    assert told["latitude"] == told["longitude"] == told["altitude"] == "not shown: location"
    assert told["satellites"].isdecimal()
    for secret in (MAC, MAC.lower(), MAC.replace(":", ""), "-67"):
        assert secret not in scanner.stdout + scanner.stderr + text.stdout + text.stderr


def test_probe_while_the_agent_runs_says_to_stop_it(site: Site, probe: Run) -> None:
    with running(site) as agent:
        agent.says("sensor weather: ok")
        done = probe("weather", "--record", str(site.folder / "t.txt"))
        assert agent.stop() == 0
    assert (done.returncode, done.stdout) == (1, "")
    assert "the agent is running and has the buses; stop it first: sudo systemctl stop lamppost" in done.stderr
    assert not (site.folder / "t.txt").exists()
    assert probe("weather").returncode == 0


def test_probe_keeps_an_agent_from_starting_meanwhile(site: Site, probe: Run) -> None:
    said: list[str] = []

    def start_an_agent() -> None:
        with running(site) as agent:
            assert agent.ended() == 1
        said.append(agent.said)

    done = probe("weather", "--json", at={1: start_an_agent})
    assert done.returncode == 0
    assert "another process has the control state" in said[0]


# -- transcripts


async def sampled(driver: Driver, times: int) -> list[Reading]:
    await driver.open()
    readings = [await driver.sample() for _ in range(times)]
    await driver.close()
    return readings


def test_record_keeps_a_transcript_that_replays(site: Site, probe: Run) -> None:
    site.chip.set(temperature_c=-7, humidity_pct=41, pressure_pa=99_000)
    file = site.folder / "weather.txt"
    done = probe("weather", "--samples", "2", "--record", str(file))
    assert done.returncode == 0, done.stderr
    assert f"{file}: 2 samples" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert text.startswith("# bme280 at 0x76, simulated: opened, sampled 2 times, closed; lamppost ")

    bus = PlaybackI2c(text)
    readings = asyncio.run(sampled(Bme280(I2cDevice(bus, 0x76), ManualClock2(), NoOptions()), 2))
    bus.assert_finished()
    for reading in readings:
        assert reading.values["temperature"] == pytest.approx(-700, abs=2)
        assert reading.values["humidity"] == pytest.approx(4100, abs=5)


def test_record_of_a_serial_sensor_replays(site: Site, probe: Run) -> None:
    site.parts = (DUST,)
    site.write()
    pms = SimulatedPms()
    pms.set(pm2_5_ug_m3=20, pm10_ug_m3=37)
    file = site.folder / "dust.txt"
    with feeding(site.folder / "tty-dust", pms.frame):
        done = probe("dust", "--samples", "3", "--record", str(file))
    assert done.returncode == 0, done.stderr
    line = PlaybackSerial(file.read_text())
    readings = asyncio.run(sampled(PMSX003.create(line, ManualClock2(), PMSX003.options(settle_s=0)), 3))
    line.assert_finished()
    assert [reading.values["pm10"] for reading in readings] == [37, 37, 37]


@pytest.mark.parametrize(("sensor", "channel"), [("scanner", "mac"), ("gnss", "latitude")])
def test_record_of_a_sensor_that_tells_of_people_or_places_is_refused(
    sensor: str, channel: str, site: Site, probe: Run
) -> None:
    site.parts = (FOOTFALL, PLACE)
    site.write()
    file = site.folder / "t.txt"
    done = probe(sensor, "--record", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no transcript is kept of sensor {sensor}: its {channel}" in done.stderr
    assert not file.exists()


def test_record_never_overwrites_a_file(site: Site, probe: Run) -> None:
    file = site.folder / "t.txt"
    file.write_text("mine")
    done = probe("weather", "--record", str(file))
    assert done.returncode == 1
    assert "there is such a file already" in done.stderr
    assert file.read_text() == "mine"


def test_record_of_a_sensor_that_gives_nothing_keeps_nothing(site: Site, probe: Run) -> None:
    site.adapter.chips.clear()
    file = site.folder / "t.txt"
    done = probe("weather", "--record", str(file))
    assert done.returncode == 1
    assert "gave no reading, so there is nothing to keep" in done.stderr
    assert not file.exists()


def test_record_that_is_interrupted_keeps_what_was_whole(site: Site, probe: Run) -> None:
    file = site.folder / "t.txt"
    done = probe("weather", "--watch", "--json", "--record", str(file), at={2: interrupt})
    assert done.returncode == 0
    head, *steps = file.read_text().splitlines()
    sampled = re.search(r"sampled (\d+) times, closed", head)
    assert sampled is not None
    assert int(sampled[1]) == sum("W f7 R" in step for step in steps) >= 2


def test_record_ends_with_the_first_failure_and_keeps_what_was_before(site: Site, probe: Run) -> None:
    file = site.folder / "t.txt"
    done = probe("weather", "--watch", "--json", "--record", str(file), at={1: site.adapter.chips.clear})
    assert done.returncode == 0
    *whole, closing = file.read_text().splitlines()
    assert "sampled 1 times" in whole[0] or "sampled 2 times" in whole[0], "one may be on its way already"
    assert "NACK" not in "".join(whole)
    assert closing.endswith("NACK")


def test_record_into_a_folder_that_is_not_there_says_so(site: Site, probe: Run) -> None:
    done = probe("weather", "--record", str(site.folder / "none" / "t.txt"))
    assert done.returncode == 1
    assert "the transcript cannot be written: No such file or directory" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every lock")
def test_probe_without_the_right_to_see_the_lock_says_to_be_root(site: Site, probe: Run) -> None:
    (site.folder / "store" / "control.lock").chmod(0)
    done = probe("weather")
    assert done.returncode == 1
    assert "Run this as root" in done.stderr


# -- what is shown


class ManualClock2:
    """A clock on which nobody waits."""

    def mono_ns(self) -> int:
        return 10**12

    async def sleep(self, seconds: float) -> None:
        del seconds


@pytest.mark.parametrize("sensitivity", list(Sensitivity))
def test_hidden_is_everything_but_plain_measurements(sensitivity: Sensitivity) -> None:
    channel = Channel(name="x", title="X", unit="count", sensitivity=sensitivity)
    assert bool(hidden(channel)) is (sensitivity is not Sensitivity.MEASUREMENT)
    grouped = Channel(name="x", title="X", unit="m/s", group="people")
    assert hidden(grouped) == "derived from people or vehicles"


async def test_probe_keeps_no_value_that_it_may_not_show(tmp_path: Path) -> None:
    plan = load(Site(tmp_path, parts=(FOOTFALL,)).config).sensors[0]
    probe = Probe(plan, bus=FakeI2c(), driver=lambda: pytest.fail("not opened here"), clock=ManualClock())
    probe.on_reading("scanner", Reading(mono_ns=1, values={"mac": b"\xaa\xbb", "rssi": -67}))
    assert [seen.count for seen in probe.seen] == [1, 1]
    assert [seen.value for seen in probe.seen] == [None, None]
    assert "67" not in repr(probe.seen)


def test_words_of_a_line_name_what_went_wrong_and_leave_out_what_did_not() -> None:
    assert line_words(Counts(requests=5, answers=5)) == "on the line: 5 requests, 5 answers"
    everything = Counts(9, answers=8, refused=1, silent=2, damaged=3, late=4, foreign=5, echoes=6, noise_bytes=7)
    assert line_words(everything) == (
        "on the line: 9 requests, 8 answers, 1 refusals among them, 2 without an answer, 3 damaged, 4 late answers, "
        "5 of other devices, 6 echoes, 7 bytes of noise"
    )


async def test_page_of_a_watched_sensor_that_is_no_terminal_is_printed_at_each_reading(tmp_path: Path) -> None:
    plan = load(Site(tmp_path).config).sensors[0]
    clock = ManualClock()
    probe = Probe(plan, bus=FakeI2c(), driver=lambda: pytest.fail("not opened here"), clock=clock)
    text = io.StringIO()
    with Page(probe, clock, live=True, console=Console(file=text, width=120)) as show:
        show()
        for number in (1, 2):
            clock.jump(30)
            values = {"temperature": 2150 + number, "humidity": None, "pressure": 1_000_000}
            probe.on_reading("weather", Reading(mono_ns=clock.mono_ns(), values=values))
            probe._poller.readings += 1
            show()
            show()
        clock.jump(1.5)
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert sum(line[:1] == ["channel"] for line in lines) == 2
    assert ["temperature", "21.52", "Cel", "0.0", "s", "2", "2.0"] in lines
    assert ["humidity", "not", "available", "%RH", "0"] in lines
    assert headline(probe) == "weather, Bosch Sensortec BME280: not tried yet; 2 readings, 0 errors"
