"""`lamppost explain` as its users see it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from agent.cli import explain_facts, explain_page
from agent.cli.explain_facts import Now, stories, untold
from agent.cli.main import main
from agent.config import Settings
from agent.planning.traffic import traffic
from agent.wire import keyfile
from tests.support.agent_process import Site
from tests.support.config_files import edited, resolved

ROOT = Path(__file__).resolve().parents[3]
MAC = "AA:BB:CC:12:34:56"


@pytest.fixture
def settings() -> Settings:
    return resolved(edited())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor that answers."""
    site = Site(tmp_path)
    site.plug()
    yield site
    site.adapter.close()


def page(settings: Settings, now: Now | None = None) -> str:
    text = io.StringIO()
    explain_page.render(
        settings,
        stories(settings),
        month=traffic(settings),
        now=now,
        console=Console(file=text, width=600, markup=False),
    )
    return text.getvalue()


def test_each_channel_of_a_streams_sensors_either_leaves_or_says_why_not(settings: Settings) -> None:
    for story in stories(settings):
        used = {channel.sensor for channel in story.plan.spec.channels}
        expected = [
            (sensor.name, channel.name)
            for sensor in settings.sensors
            if sensor.name in used
            for channel in sensor.model.channels
        ]
        assert [(line.sensor, line.source.name) for line in story.lines] == expected
        assert [channel for line in story.lines for channel in line.after] == sorted(
            story.plan.spec.channels, key=lambda one: expected.index((one.sensor, one.source.name))
        )
        assert all(line.dropped for line in story.lines)


def test_dropped_channels_say_why_by_their_class(settings: Settings) -> None:
    why = {(line.sensor, line.source.name): line.dropped for story in stories(settings) for line in story.lines}
    assert "random word" in why["scan", "mac"]
    assert "people, vehicles or their devices: nothing of it leaves" in why["scan", "rssi"]
    assert "exact position never leaves" in why["sky", "latitude"]
    assert "sets the device's clock" in why["sky", "utc"]
    assert "Not needed for this purpose" in why["air", "humidity"]
    assert "single samples are dropped" in why["air", "temperature"]


def test_channel_of_another_stream_is_not_called_dropped() -> None:
    second = (
        "[stream.damp]\n" + edited()[edited().index('title = "Weather"') : edited().index("[stream.weather.channel")]
    )
    second += '[stream.damp.channel.humidity]\nfrom = "air.humidity"\nrule = "mean"\nunit = "%RH"\n\n'
    told = stories(resolved(edited(("[stream.place]", second.replace("Weather", "Damp") + "[stream.place]"))))
    line = next(line for line in told[0].lines if line.source.name == "humidity")
    assert line.dropped == "Not part of this stream; it leaves in “Damp”."


def test_channels_that_leave_nowhere_are_listed(settings: Settings) -> None:
    assert [f"{sensor.name}.{channel.name}" for sensor, channel in untold(settings)] == [
        "air.humidity",
        "sky.utc",
        "scan.rssi",
    ]


def test_page_tells_rules_delays_quiet_hours_licence_and_bytes(settings: Settings) -> None:
    told = page(settings)
    for words in (
        "The average of every minute, in steps of 0.5 °C; from -30 to 50.5",
        "never from 22:00 to 06:00 and from 12:00 to 12:30 (UTC)",
        "no earlier than 1 hour later",
        "When fewer than 12 people, vehicles or devices would be told, the random number included",
        "epsilon 1/2 for each row, 48 a day",
        "Whoever meets its conditions. Ask the office. Licence: CC0 1.0",
        "Questions about it go to heat@city.example.",
        "Sent over the network, an estimate",
        "air@city.example",
    ):
        assert words in told


def test_page_of_words_in_brackets_shows_them_as_they_are() -> None:
    assert "[red]Weather[/red] at the kerb" in page(
        resolved(edited(("Weather at the kerb", "[red]Weather[/red] at the kerb")))
    )


def test_explain_of_the_delivered_configuration_tells_every_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(ROOT / "config/unit.toml")]) == 0
    told = capsys.readouterr().out
    for title in ("Weather at the kerb", "Carbon dioxide at the kerb", "Position of the unit", "Devices in range"):
        assert title in told


def test_explain_live_shows_measurements_and_ages_and_keeps_nothing(site: Site) -> None:
    site.chip.set(temperature_c=-7)
    done = site.command("explain", "--live", str(site.config))
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "weather: 3 of 3 channels" in told
    assert "s old" in told
    assert "would leave:" in told
    assert "Nothing was published, and nothing was stored." in told
    assert site.kept == []


def test_explain_live_without_its_sensor_says_so_and_fails(site: Site) -> None:
    site.adapter.chips.clear()
    done = site.command("explain", "--live", str(site.config))
    assert done.returncode == 1
    assert "✗ weather: " in done.stdout
    assert "nobody answers" in " ".join(done.stdout.split())


def test_explain_live_does_not_read_a_sensor_in_its_quiet_hours(site: Site) -> None:
    text = site.config.read_text()
    assert 'interval = "1s"' in text
    site.config.write_text(text.replace('interval = "1s"', 'interval = "1s"\nquiet_hours = ["00:00-23:59"]'))
    done = site.command("explain", "--live", str(site.config))
    told = " ".join(done.stdout.split())
    if "weather: 3 of 3 channels" not in told:  # but for one minute a day
        assert "weather: quiet hours, so it was not read" in told


def test_page_with_a_look_shows_nothing_that_is_not_a_measurement(settings: Settings) -> None:
    now = Now(
        read={("scan", "mac"): "read, not shown: identifier"},
        leave={("footfall", "devices"): "a value, not shown: count"},
        notes=("scan: 2 of 2 channels, 0.1 s old",),
        suspended={"weather": "the count was wrong"},
    )
    told = page(settings, now)
    assert "read, not shown: identifier" in told
    assert "✗ stream weather is suspended: the count was wrong" in told
    assert now.trouble
    assert not replace(now, suspended={}).trouble
    assert replace(now, suspended={}, silent=("air",)).trouble


def test_notice_is_written_with_the_units_own_key_or_its_public_half(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "notice.html"
    assert main(["explain", str(site.config), "--html", str(out)]) == 0
    first = out.read_text()
    assert f"Wrote {out}: the notice of unit corner" in capsys.readouterr().out
    line = keyfile.load_private(site.folder / "unit.key").public.line
    assert main(["explain", str(site.config), "--html", str(out), "--public", line]) == 0
    assert out.read_text() == first


def test_notice_without_a_key_says_what_to_give(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.folder / "unit.key").unlink()
    assert main(["explain", str(site.config), "--html", str(tmp_path / "n.html")]) == 1
    assert "--public unit.pub" in capsys.readouterr().err
    assert not (tmp_path / "n.html").exists()


def test_notice_that_cannot_be_written_says_where(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(site.config), "--html", str(tmp_path / "none" / "n.html")]) == 1
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_explanation_of_a_whole_stream_names_nobody_where_nobody_is_counted(settings: Settings) -> None:
    weather = next(plan for plan in settings.streams if plan.name == "weather")
    told = " ".join(explain_facts.sentences(weather, settings))
    assert "anybody" not in told
    assert "fewer than" not in told
