"""`lamppost once` as its users see it."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from agent.cli import once, once_page
from agent.cli.main import main
from agent.cli.once import Taken, describe
from agent.config import Settings, load
from agent.config.plans import SensorPlan
from agent.privacy.filter import StreamFilter
from drivers.model import SerialModel
from drivers.reading import Channel, Reading, Sensitivity
from drivers.sim.captures import read_lines
from drivers.sim.gnss import ReplayedGnss
from drivers.sim.line import SimulatedLine
from tests.support.agent_process import FOOTFALL, PLACE, ROOT, WEATHER, Site, running
from tests.support.feeding import feeding

MAC = "AA:BB:CC:12:34:56"
SIGHTING = f"{MAC},-67\n".encode()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor that answers."""
    site = Site(tmp_path)
    site.plug()
    yield site
    site.adapter.close()


def test_once_shows_what_was_read_and_what_would_leave_and_keeps_nothing(site: Site) -> None:
    site.chip.set(temperature_c=-7)
    done = site.command("once", str(site.config))

    assert done.returncode == 0, done.stderr
    read, _, leaving = done.stdout.partition("Would leave")
    assert "Read once" in read
    (shown,) = [line for line in read.splitlines() if "temperature" in line]
    assert shown.split()[0] == "weather"
    assert shown.split()[-1] == "Cel"
    assert float(shown.split()[-2]) == pytest.approx(-7, abs=0.02)
    (left,) = [line for line in leaving.splitlines() if "temperature" in line]
    assert left.split()[2:] == shown.split()[-2:]
    assert "Nothing was published, and nothing was stored." in leaving
    assert site.kept == []


def test_once_shows_no_identifier_no_place_and_nothing_derived_from_people(site: Site) -> None:
    site.parts = (WEATHER, FOOTFALL, PLACE)
    site.write()
    gnss = ReplayedGnss(read_lines(ROOT / "tests" / "captures" / "gnss-ublox-8.log"))
    with feeding(site.folder / "tty-scanner", lambda: SIGHTING), feeding(site.folder / "tty-gnss", gnss.frame):
        done = site.command("once", str(site.config))

    assert done.returncode == 0, done.stdout + done.stderr
    words = {tuple(line.split()[:2]): line.rstrip() for line in done.stdout.splitlines()}
    assert words["scanner", "mac"].endswith("read, not shown: identifier")
    assert words["scanner", "rssi"].endswith("read, not shown: derived from people or vehicles")
    assert words["gnss", "latitude"].endswith("read, not shown: location")
    assert words["footfall", "devices"].endswith("nothing (suppressed)")
    assert words["footfall", "signal"].endswith("nothing (suppressed)")
    assert words["place", "latitude"].endswith("a value, not shown: location")
    assert "satellites" in done.stdout
    for secret in (MAC, MAC.lower(), MAC.replace(":", ""), "-67"):
        assert secret not in done.stdout + done.stderr


def test_once_without_a_sensor_says_what_to_look_at_and_fails(site: Site) -> None:
    site.adapter.chips.clear()
    done = site.command("once", str(site.config))
    assert done.returncode == 1
    assert "address 0x76: nobody answers: check wiring, power and address" in " ".join(done.stdout.split())
    assert "nothing (sensor failing)" in done.stdout


def test_once_of_a_silent_line_says_how_long_it_has_waited(site: Site) -> None:
    site.parts = (FOOTFALL.replace('bus = "scanner"', 'bus = "scanner"\ntimeout = "1s"'),)
    site.write()
    with SimulatedLine(site.folder / "tty-scanner"):
        done = site.command("once", str(site.config))
    assert done.returncode == 1
    assert "within 1 s" in " ".join(done.stdout.split())


def test_once_of_a_sensor_that_may_be_silent_for_hours_does_not_wait_for_hours(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(once, "_SAMPLE_S", 0.05)
    monkeypatch.setattr(once, "keep_memory_private", lambda: None)
    site.parts = (FOOTFALL,)
    site.write()
    with SimulatedLine(site.folder / "tty-scanner"):
        assert main(["once", str(site.config)]) == 1
    assert "nothing came within 0.05 s; it may be silent for longer" in " ".join(capsys.readouterr().out.split())


def test_once_while_the_agent_has_the_line_says_to_stop_it(site: Site) -> None:
    site.parts = (FOOTFALL,)
    site.write()
    with feeding(site.folder / "tty-scanner", lambda: SIGHTING), running(site) as agent:
        agent.says("sensor scanner: ok")
        done = site.command("once", str(site.config))
        assert agent.stop() == 0
    assert done.returncode == 1
    assert "another process has it open; stop that one first" in " ".join(done.stdout.split())


def test_once_with_a_bad_configuration_prints_its_mistakes(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace('rule = "mean"', 'rule = "average"'))
    done = site.command("once", str(site.config))
    assert done.returncode == 1
    assert f"{site.config}:" in done.stderr


# -- what may be shown, whatever a driver does


PEOPLE = SerialModel(
    name="counter",
    title="A people counter",
    baudrate=9600,
    create=lambda *_: pytest.fail("nothing is opened here"),
    channels=(
        Channel(name="people", title="", unit="count", maximum=9999, sensitivity=Sensitivity.COUNT),
        Channel(name="speed", title="", unit="m/s", exponent=-1, maximum=999, group="people"),
        Channel(name="noise", title="", unit="dB", exponent=-1, maximum=1500),
        Channel(name="light", title="", unit="lx", maximum=1500),
        Channel(name="odd", title="", unit="lx", maximum=1500),
    ),
)


def test_describe_shows_measurements_only(site: Site) -> None:
    plan = _plan(load(site.config).sensors[0])
    values = {"people": 4711, "speed": 815, "noise": 623, "light": None, "odd": b"4711"}
    lines = describe(Taken(plan, Reading(mono_ns=0, values=values)))

    assert lines == [
        ("weather", "people", "read, not shown: count"),
        ("weather", "speed", "read, not shown: derived from people or vehicles"),
        ("weather", "noise", "62.3 dB"),
        ("weather", "light", "not available"),
        ("weather", "odd", "read, not shown: derived from people or vehicles"),
    ]


def _plan(plan: SensorPlan) -> SensorPlan:
    return SensorPlan(
        name=plan.name,
        model=PEOPLE,
        bus=plan.bus,
        address=None,
        options=None,
        interval_s=1,
        timeout_s=1,
        start=plan.start,
    )


def _page(settings: Settings, **changes: dict[str, str]) -> str:
    text = io.StringIO()
    stream = StreamFilter(settings.streams[0].spec, random_bytes=bytes)
    stream.begin(0, boot_id=None)
    suspended = changes.get("suspended", {})
    rows = [] if suspended else stream.advance(settings.streams[0].spec.window_ms)
    console = Console(file=text, width=200, markup=False)
    once_page.render(
        settings, read=[("weather", "", "✗ [odd] words")], rows=rows, suspended=suspended, console=console
    )
    return text.getvalue()


def test_page_of_a_suspended_stream_says_why(site: Site) -> None:
    shown = _page(load(site.config), suspended={"weather": "the count was wrong"})
    assert "✗ suspended: the count was wrong" in shown


def test_page_shows_words_in_brackets_as_they_are(site: Site) -> None:
    assert "✗ [odd] words" in _page(load(site.config))
