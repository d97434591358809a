from dataclasses import replace
from pathlib import Path

import pytest

from agent import assembly
from agent.buffer.records import Lane as BufferLane
from agent.buffer.records import Outgoing
from agent.config import ClockSource, Settings, load
from agent.discipline import KernelDiscipline, SystemDiscipline
from agent.errors import KeyFileError
from agent.sealer import PADDING_BYTES
from agent.selftest import findings
from agent.uplink.settings import Mqtt
from agent.wire.declared import DECLARATIONS
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS
from drivers.reading import Reading, Value
from tests.support.fake_models import CATALOGUE, UNIT
from tests.support.wire import OTHER_KEY, RECEIVER_KEY


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "unit.toml").write_text(UNIT)
    return load(tmp_path / "unit.toml", catalogue=CATALOGUE)


@pytest.mark.parametrize(
    ("source", "discipline"),
    [
        pytest.param(ClockSource.KERNEL, KernelDiscipline, id="kernel"),
        pytest.param(ClockSource.SYSTEM, SystemDiscipline, id="system"),
    ],
)
def test_clock_without_a_receiver_follows_the_machine(
    settings: Settings, source: ClockSource, discipline: type[object]
) -> None:
    clock, gnss = assembly.make_clock(replace(settings, clock=replace(settings.clock, source=source)))
    assert gnss is None
    assert isinstance(clock._discipline, discipline)


def test_clock_with_a_battery_is_asked_by_its_name(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(assembly, "rtc_time", lambda name, *, floor_ms: asked.append((name, floor_ms)))
    plan = replace(settings.clock, source=ClockSource.KERNEL, rtc="rtc1")
    clock, _ = assembly.make_clock(replace(settings, clock=plan))
    assert clock._rtc(7) is None
    assert asked == [("rtc1", 7)]


def test_clock_of_a_receiver_is_set_by_its_readings_and_no_others(settings: Settings) -> None:
    clock, gnss = assembly.make_clock(settings)
    assert gnss is not None
    watch = assembly.gnss_watcher(gnss, sensor="sky")

    def read(sensor: str, value: Value) -> None:
        for _ in range(20):
            watch(sensor, Reading(mono_ns=clock.mono_ns(), values={"utc": value}))

    read("air", 1_790_000_000_000)
    read("sky", None)
    read("sky", b"1790000000000")
    assert not clock.instant().synchronised
    read("sky", 1_790_000_000_000)
    assert clock.instant().synchronised


def test_receiver_keys_are_known_by_their_id(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "receiver.pub").write_text(RECEIVER_KEY.public.pem)
    sources = (tmp_path / "receiver.pub", OTHER_KEY.public.line)
    told = replace(settings, uplink=replace(settings.uplink, receiver_keys=sources))
    assert assembly.receiver_keys(told) == {
        RECEIVER_KEY.kid: RECEIVER_KEY.public,
        OTHER_KEY.kid: OTHER_KEY.public,
    }


def test_receiver_key_that_is_missing_is_named(settings: Settings) -> None:
    with pytest.raises(KeyFileError, match=r"receiver\.pub"):
        assembly.receiver_keys(settings)


def test_formats_of_streams_about_people_are_padded_and_of_no_others(settings: Settings) -> None:
    formats = assembly.stream_formats(settings)
    assert {name: form.padded_to for name, form in formats.items()} == {
        "weather": 0,
        "place": 0,
        "footfall": PADDING_BYTES,
    }
    exponents = [channel.exponent for channel in settings.streams[0].spec.channels]
    assert list(formats["weather"].exponents) == exponents


def test_policies_are_those_of_the_streams(settings: Settings) -> None:
    policies = assembly.stream_policies(settings)
    assert list(policies) == ["weather", "place", "footfall"]
    assert policies["weather"].columns == 2


def test_uplink_settings_take_over_what_the_file_says(settings: Settings) -> None:
    told = assembly.uplink_settings(settings)
    assert (told.host, told.port, told.client_id) == ("mqtt.city.example", 8884, "corner")
    assert told.status_topic == "city/air/1/corner/status"
    assert told.subscriptions == ("city/air/1/corner/receipt/+", "city/air/1/corner/control")
    assert (told.keepalive_s, told.in_flight, told.timing.status_s) == (90, 8, 600)
    assert (told.mqtt, told.username) == (Mqtt.AUTO, "corner")
    assert told.tls is settings.uplink.tls


@pytest.mark.parametrize(
    ("stream", "lane", "topic"),
    [
        pytest.param("weather", BufferLane.LIVE, "city/air/1/corner/live/weather", id="live"),
        pytest.param("weather", BufferLane.BACKLOG, "city/air/1/corner/backlog/weather", id="backlog"),
        pytest.param(DECLARATIONS, BufferLane.CONTROL, "city/air/1/corner/declaration", id="declaration"),
        pytest.param(ACKNOWLEDGEMENTS, BufferLane.CONTROL, "city/air/1/corner/ack", id="ack"),
        pytest.param(LOGS, BufferLane.CONTROL, "city/air/1/corner/log", id="log"),
    ],
)
def test_topic_of_an_envelope_follows_its_lane(settings: Settings, stream: str, lane: BufferLane, topic: str) -> None:
    topic_of = assembly.TopicOf(settings)
    envelope = Outgoing(row_id=1, stream=stream, epoch=bytes(8), seq=0, lane=lane, data=b"")
    assert topic_of(envelope) == topic
    assert topic_of(envelope) == topic


def test_store_is_in_the_configured_directory(settings: Settings, tmp_path: Path) -> None:
    assert assembly.store_path(settings) == tmp_path / "store" / "outbox.db"


def test_filters_are_made_for_every_stream_whose_self_test_passes(settings: Settings) -> None:
    filters, suspended = assembly.make_filters(settings, tested=findings(settings))
    assert set(filters) == {"weather", "place", "footfall"}
    assert suspended == {}


def test_filter_is_not_made_for_a_stream_that_was_not_tested(settings: Settings) -> None:
    filters, suspended = assembly.make_filters(settings, tested={"weather": "", "place": ""})
    assert set(filters) == {"weather", "place"}
    assert suspended == {"footfall": "it was not made"}


def test_filter_is_not_made_for_a_stream_whose_self_test_fails_and_that_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    filters, suspended = assembly.make_filters(settings, tested={"weather": "", "place": "", "footfall": "it leaks"})
    assert set(filters) == {"weather", "place"}
    assert suspended == {"footfall": "it leaks"}
    assert caplog.messages == ["stream footfall is suspended: its privacy self-test failed: it leaks"]


def test_ledgers_are_made_for_streams_with_noise_and_for_no_others(settings: Settings) -> None:
    ledgers = assembly.make_ledgers(settings, None)
    assert ledgers is not None
    ledgers.of("footfall")
    with pytest.raises(KeyError):
        ledgers.of("weather")


def test_ledgers_are_not_made_where_no_stream_has_noise(settings: Settings) -> None:
    quiet = tuple(plan for plan in settings.streams if plan.spec.noise is None)
    assert assembly.make_ledgers(replace(settings, streams=quiet), None) is None
