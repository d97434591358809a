from dataclasses import asdict, replace
from pathlib import Path

import pytest

from agent.budget import BudgetSettings
from agent.buffer.records import Limits, Overflow, StreamPolicy
from agent.config import (
    BusKind,
    BusPlan,
    ClockSettings,
    ClockSource,
    ControlPlan,
    MqttVersion,
    Settings,
    StreamText,
    UnitSettings,
    load,
)
from agent.config.resolve import require_complete
from agent.errors import ConfigurationError
from agent.poller import StartPolicy
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.uplink.settings import Delivery, Secret, TlsSettings
from agent.wire.orders import Role
from tests.support.fake_models import CATALOGUE, GAS, SCAN, THERMO, UNIT, Mode, ThermoOptions
from tests.support.wire import UNIT_KEY


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return loaded(tmp_path, UNIT)


def loaded(folder: Path, text: str) -> Settings:
    (folder / "unit.toml").write_text(text)
    return load(folder / "unit.toml", catalogue=CATALOGUE)


def test_resolve_of_the_unit_keeps_words_and_counts_paths_from_the_file(settings: Settings, tmp_path: Path) -> None:
    assert settings.unit == UnitSettings(
        id="corner",
        site="5th Avenue",
        publisher="City of Example",
        office="Office of Air",
        contact="air@city.example",
        key=str(tmp_path / "unit.key"),
        location=(4_074_887, -7_398_541, 250),
        installed="2026-03-01",
        hardware="Board and box",
        firmware="Image 7",
        legal_basis="Local law 1",
        dtpr=("accountable__organization",),
        notice_url="https://city.example/poles/corner",
    )
    assert settings.directory == tmp_path / "store"


def test_resolve_of_a_credential_keeps_its_name(tmp_path: Path) -> None:
    assert loaded(tmp_path, UNIT.replace('"unit.key"', '"credential:k"')).unit.key == "credential:k"


def test_resolve_of_buses_takes_speeds_from_file_or_model(settings: Settings) -> None:
    assert settings.buses == {
        "pole": BusPlan(name="pole", kind=BusKind.I2C, path="/dev/i2c-1", baudrate=None),
        "sky": BusPlan(name="sky", kind=BusKind.SERIAL, path="/dev/serial/by-id/a", baudrate=9600),
        "scan": BusPlan(name="scan", kind=BusKind.SERIAL, path="/dev/serial/by-id/b", baudrate=57600),
    }


def test_resolve_of_sensors_takes_values_of_the_file_before_those_of_the_model(settings: Settings) -> None:
    air, gas, _, scan = settings.sensors
    assert (air.model, air.bus, air.address, air.interval_s, air.timeout_s) == (THERMO, "pole", 0x40, 20.0, 1.0)
    assert (air.start, air.options) == (
        StartPolicy.REQUIRED,
        ThermoOptions(height_m=3, gain=2.0, mode=Mode.FAST, quick=False),
    )
    assert isinstance(air.options, ThermoOptions)
    assert (type(air.options.gain), type(air.options.mode)) == (float, Mode)
    assert (gas.address, gas.interval_s, gas.timeout_s, gas.start) == (
        0x62,
        GAS.interval_s,
        GAS.timeout_s,
        StartPolicy.RETRY,
    )
    assert (scan.model, scan.address, scan.options) == (SCAN, None, SCAN.options())


def test_resolve_of_streams_gives_integers_for_filter_and_store(settings: Settings) -> None:
    weather, place, footfall = settings.streams
    temperature, co2 = THERMO.channels[0], GAS.channels[0]
    assert weather.spec == StreamSpec(
        name="weather",
        window_ms=60_000,
        channels=(
            ReleasedChannel(
                name="temperature",
                sensor="air",
                source=temperature,
                rule=Rule.MEAN,
                unit="Cel",
                exponent=-1,
                resolution=5,
                minimum=-300,
                maximum=505,
            ),
            ReleasedChannel(
                name="co2",
                sensor="gas",
                source=co2,
                rule=Rule.MAX,
                unit="ppm",
                exponent=0,
                resolution=1,
                minimum=0,
                maximum=40_000,
            ),
        ),
    )
    assert weather.policy == StreamPolicy(overflow=Overflow.DROP_NEWEST, batch_rows=10, backlog_rows=4096, columns=2)
    assert weather.text == StreamText(
        title="Weather",
        description="Weather at the kerb",
        keywords=("weather", "heat"),
        purpose="Heat planning",
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        access="public",
        contact="heat@city.example",
    )
    assert place.spec.channels[0].grid_m == 500
    assert place.text.contact == "air@city.example"
    assert footfall.spec.suppress_below == 12
    devices = footfall.spec.channels[0]
    assert (devices.exponent, devices.resolution, devices.minimum, devices.maximum) == (0, 1, 0, 500)


@pytest.mark.parametrize(
    ("resolution", "exponent", "step", "low", "high"),
    [
        pytest.param("0.01", -2, 1, -4000, 8500, id="own"),
        pytest.param("0.05", -2, 5, -4000, 8500, id="step-of-five"),
        pytest.param("0.10", -1, 1, -400, 850, id="trailing-zero"),
        pytest.param("1", 0, 1, -40, 85, id="whole"),
        pytest.param("20", 1, 2, -4, 8, id="tens-cut-inward"),
    ],
)
def test_resolve_of_a_resolution_gives_power_of_ten_and_step(
    tmp_path: Path, resolution: str, exponent: int, step: int, low: int, high: int
) -> None:
    text = UNIT.replace("resolution = 0.5\nrange = [-30, 50.5]", f"resolution = {resolution}")
    channel = loaded(tmp_path, text).streams[0].spec.channels[0]
    found = (channel.exponent, channel.resolution, channel.minimum, channel.maximum)
    assert found == (exponent, step, low, high)


def test_resolve_of_the_uplink_gives_paths_secrets_and_seconds(settings: Settings, tmp_path: Path) -> None:
    uplink = settings.uplink
    assert uplink.tls == TlsSettings(
        ca_file=Path("/etc/ca.pem"),
        client_certificate=tmp_path / "unit.crt",
        client_key=Secret(file=tmp_path / "unit.tls.key"),
    )
    assert (uplink.host, uplink.port, uplink.username) == ("mqtt.city.example", 8884, "corner")
    assert uplink.password == Secret(credential="broker")
    assert (uplink.keepalive_s, uplink.in_flight, uplink.status_s) == (90, 8, 600.0)
    assert (uplink.topic_root, uplink.delivery, uplink.mqtt) == ("city/air", Delivery.RECEIPT, MqttVersion.AUTO)
    assert uplink.receiver_keys == (tmp_path / "keys/receiver.pub",)


def test_resolve_of_a_receiver_key_as_text_keeps_the_text(tmp_path: Path) -> None:
    line = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    keys = loaded(tmp_path, UNIT.replace("keys/receiver.pub", line)).uplink.receiver_keys
    assert keys == (line,)


def test_resolve_without_tls_and_port_uses_the_plain_port(tmp_path: Path) -> None:
    text = UNIT.replace('"mqtt.city.example"', '"localhost"').replace("port = 8884", "tls = false")
    text = text[: text.index("[uplink.tls]")] + text[text.index("[buffer]") :]
    uplink = loaded(tmp_path, text).uplink
    assert (uplink.tls, uplink.port) == (None, 1883)


def test_resolve_of_the_rest_gives_bytes_and_seconds(settings: Settings) -> None:
    assert settings.limits == Limits(
        max_bytes=128 * 2**20,
        free_floor_bytes=32_000_000,
        loss_window_s=2.0,
        retain_s=3600.0,
        log_bytes=4_000_000,
        log_days=90,
        flash_bytes_per_day=40_000_000,
    )
    assert settings.budget == BudgetSettings(
        messages_per_minute=60,
        bytes_per_minute=256_000,
        day_bytes=20_000_000,
        month_bytes=300_000_000,
        billing_day=5,
        timezone="UTC",
    )
    assert settings.clock == ClockSettings(source=ClockSource.GNSS, gnss="sky", timezone="UTC")


def test_resolve_of_a_file_with_required_sections_only_uses_the_defaults(tmp_path: Path) -> None:
    text = UNIT[: UNIT.index("[uplink]")] + '[uplink]\nhost = "h"\nreceiver_keys = ["r.pub"]\n'
    settings = loaded(tmp_path, text)
    assert settings.limits == Limits(max_bytes=256_000_000, free_floor_bytes=64_000_000, loss_window_s=5.0)
    assert settings.directory == Path("/var/lib/lamppost")
    assert settings.budget == BudgetSettings()
    assert settings.clock == ClockSettings(source=ClockSource.KERNEL, gnss=None, timezone="UTC")
    assert settings.uplink.tls == TlsSettings()
    assert replace(settings.uplink, tls=None).port == 8883


def test_load_of_a_file_with_mistakes_raises_with_all_of_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, UNIT.replace("0x40", "0x42").replace('"ppm"', '"ppb"'))
    text = str(caught.value)
    assert f"{tmp_path}/unit.toml:33:11: a thermo cannot have this address" in text
    assert "expected: 0x40 or 0x41" in text
    assert "is not the unit of this channel" in text


def test_load_of_a_missing_file_raises_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: cannot read this file"):
        load(tmp_path / "nothing.toml", catalogue=CATALOGUE)


@pytest.mark.parametrize("word", ["title", "description", "contact", "licence", "access"])
def test_stream_without_a_word_about_it_is_refused_by_name(settings: Settings, word: str) -> None:
    plan = settings.streams[0]
    with pytest.raises(ConfigurationError, match=rf"stream weather: .*found none for {word}\."):
        require_complete(replace(plan, text=StreamText(**{**asdict(plan.text), word: " "})))


def test_stream_without_periodicity_or_units_is_refused_by_name(settings: Settings) -> None:
    plan = settings.streams[0]
    require_complete(plan)
    channels = (replace(plan.spec.channels[0], unit=""), *plan.spec.channels[1:])
    for key, broken in {
        "window": replace(plan, spec=replace(plan.spec, window_ms=0)),
        "batch": replace(plan, policy=replace(plan.policy, batch_rows=0)),
        "unit": replace(plan, spec=replace(plan.spec, channels=channels)),
        "channel": replace(plan, spec=replace(plan.spec, channels=())),
    }.items():
        with pytest.raises(ConfigurationError, match=f"found none for {key}"):
            require_complete(broken)


def test_resolve_of_the_citys_keys_counts_files_from_the_file_and_keeps_texts(tmp_path: Path) -> None:
    text = UNIT_KEY.public.line
    keys = f'[control]\nkeys = [{{ key = "p.pub", role = "privacy" }}, {{ key = "{text}", role = "root" }}]\n'
    settings = loaded(tmp_path, UNIT + keys)
    assert settings.control == ControlPlan(keys=((tmp_path / "p.pub", Role.PRIVACY), (text, Role.ROOT)))
    assert loaded(tmp_path, UNIT).control == ControlPlan()
