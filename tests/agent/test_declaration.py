from importlib.metadata import version
from pathlib import Path

import pytest

from agent import declaration
from agent.config import Settings, load
from agent.wire import payload
from agent.wire.declared import DeclaredNoise
from tests.support.fake_models import CATALOGUE, UNIT

THUMBPRINT = bytes(range(32))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "unit.toml").write_text(UNIT)
    return load(tmp_path / "unit.toml", catalogue=CATALOGUE)


def test_declaration_says_who_measures_for_whom(settings: Settings) -> None:
    told = declaration.content(settings, thumbprint=THUMBPRINT, simulated=True)
    assert (told.unit, told.site, told.publisher) == ("corner", "5th Avenue", "City of Example")
    assert (told.office, told.contact) == ("Office of Air", "air@city.example")
    assert (told.thumbprint, told.simulated) == (THUMBPRINT, True)


def test_declaration_says_where_the_unit_stands_what_it_is_and_what_permits_it(settings: Settings) -> None:
    told = declaration.content(settings, thumbprint=THUMBPRINT, simulated=False)
    assert told.location == settings.unit.location
    assert told.location is not None
    assert told.location[2] == 250
    assert (told.installed, told.hardware, told.firmware) == ("2026-03-01", "Board and box", "Image 7")
    assert (told.legal_basis, told.dtpr) == ("Local law 1", ("accountable__organization",))


def test_declaration_says_how_a_stream_is_delayed_noised_kept_and_restricted(settings: Settings) -> None:
    told = {stream.name: stream for stream in declaration.content(settings, thumbprint=b"", simulated=False).streams}
    footfall, weather = told["footfall"], told["weather"]
    assert footfall.noise == DeclaredNoise(epsilon=(1, 2), daily=(48, 1), sensitivity=1)
    assert (footfall.delay_ms, footfall.retention_ms, footfall.rights) == (3_600_000, 3_600_000, "Ask the office")
    assert footfall.dtpr == ("purpose__mobility", "process__differential_privacy")
    assert (weather.noise, weather.delay_ms, weather.rights, weather.dtpr) == (None, 0, "", ())


def test_declaration_says_what_a_channel_observes_how_well_and_since_when(settings: Settings) -> None:
    streams = declaration.content(settings, thumbprint=b"", simulated=False).streams
    told = {channel.name: channel for stream in streams for channel in stream.channels}
    assert told["temperature"].property == "http://qudt.org/vocab/quantitykind/Temperature"
    assert (told["temperature"].accuracy, told["temperature"].calibrated) == ("±1 °C (a data sheet)", "2026-02-14")
    assert told["temperature"].ucum == "Cel"
    assert (told["co2"].property, told["co2"].calibrated) == ("https://city.example/properties/co2", None)
    assert told["latitude"].property == ""


def test_declaration_says_of_each_stream_what_the_file_says(settings: Settings) -> None:
    told = {stream.name: stream for stream in declaration.content(settings, thumbprint=b"", simulated=False).streams}
    weather = told["weather"]
    assert list(told) == ["weather", "place", "footfall"]
    assert (weather.title, weather.description) == ("Weather", "Weather at the kerb")
    assert (weather.keywords, weather.purpose) == (("weather", "heat"), "Heat planning")
    assert (weather.access, weather.contact) == ("public", "heat@city.example")
    assert weather.licence == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert (weather.window_ms, weather.batch_rows, weather.suppress_below) == (60_000, 10, None)
    assert told["footfall"].suppress_below == 12


def test_declaration_says_how_each_channel_is_filtered_and_where_it_comes_from(settings: Settings) -> None:
    streams = declaration.content(settings, thumbprint=b"", simulated=False).streams
    told = {channel.name: channel for stream in streams for channel in stream.channels}
    temperature = told["temperature"]
    assert (temperature.source, temperature.model) == ("air.temperature", "thermo")
    assert (temperature.rule, temperature.unit, temperature.sensitivity) == ("mean", "Cel", "measurement")
    scale = 10**-temperature.exponent
    assert (temperature.minimum, temperature.maximum) == (-30 * scale, int(50.5 * scale))
    assert temperature.resolution * 2 == scale
    assert (told["latitude"].rule, told["latitude"].grid_m) == ("grid", 500)
    assert (told["devices"].rule, told["devices"].sensitivity) == ("count_distinct", "count")


def test_declaration_has_the_same_hash_for_the_same_file(settings: Settings) -> None:
    first, second = (declaration.content(settings, thumbprint=THUMBPRINT, simulated=False) for _ in range(2))
    assert payload.content_bytes(first) == payload.content_bytes(second)
    other = declaration.content(settings, thumbprint=THUMBPRINT, simulated=True)
    assert payload.content_bytes(other) != payload.content_bytes(first)
    assert payload.decode_content(payload.content_bytes(first)) == first


def test_software_names_the_version_that_is_installed() -> None:
    assert declaration.software() == f"lamppost {version('lamppost')}"


def test_declaration_says_when_a_sensor_is_not_sampled_and_in_which_time_zone(settings: Settings) -> None:
    told = declaration.content(settings, thumbprint=THUMBPRINT, simulated=False)
    quiet = {channel.name: channel.quiet for stream in told.streams for channel in stream.channels}
    hours = {plan.name: plan.quiet_hours for plan in settings.sensors}
    assert any(hours.values())
    assert set(quiet.values()) == {hours[sensor] for sensor in hours} | {()}
    assert told.timezone == settings.clock.timezone
