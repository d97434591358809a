"""From the checked configuration to what each stage is given.

In: settings. Out: the stages' own settings, keys, filters and clock. Never: starts anything.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.buffer.records import Lane as BufferLane
from agent.buffer.records import Outgoing, StreamPolicy
from agent.clock import SystemClock
from agent.config.plans import ClockSource, Settings
from agent.discipline import GnssDiscipline, KernelDiscipline, SystemDiscipline, rtc_time
from agent.privacy.filter import StreamFilter
from agent.sealer import PADDING_BYTES, StreamFormat
from agent.uplink.settings import Mqtt, Timing, UplinkSettings
from agent.windows import Watcher
from agent.wire import keyfile
from agent.wire.declared import DECLARATIONS
from agent.wire.keyfile import VerifyKey
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS
from agent.wire.topics import Lane, Topics
from drivers.reading import Reading

if TYPE_CHECKING:
    from agent.privacy.ledgers import Ledgers

_LOG = logging.getLogger(__name__)
_RESERVED: Final = {DECLARATIONS: Lane.DECLARATION, ACKNOWLEDGEMENTS: Lane.ACK, LOGS: Lane.LOG}
"""Where the streams go that the unit has for itself."""


def make_clock(settings: Settings) -> tuple[SystemClock, GnssDiscipline | None]:
    """Return the unit's clock, and the discipline that readings of its GNSS receiver feed, if that is its source."""
    if settings.clock.source is ClockSource.GNSS:
        gnss = GnssDiscipline()
        return SystemClock(gnss), gnss
    if settings.clock.source is ClockSource.SYSTEM:
        return SystemClock(SystemDiscipline()), None
    rtc = settings.clock.rtc
    if rtc is None:
        return SystemClock(KernelDiscipline()), None
    return SystemClock(KernelDiscipline(), rtc=lambda floor_ms: rtc_time(rtc, floor_ms=floor_ms)), None


def gnss_watcher(discipline: GnssDiscipline, *, sensor: str | None) -> Watcher:
    """Return what feeds the clock with the times of a GNSS receiver's readings."""

    def watch(name: str, reading: Reading) -> None:
        utc_ms = reading.values.get("utc") if name == sensor else None
        if isinstance(utc_ms, int):
            discipline.sample(utc_ms=utc_ms, mono_ns=reading.mono_ns)

    return watch


def receiver_keys(settings: Settings) -> dict[bytes, VerifyKey]:
    """Return the receivers whose receipts are believed, by key id.

    Raises:
        KeyFileError: a key cannot be read.
    """
    keys = (keyfile.load_public(source) for source in settings.uplink.receiver_keys)
    return {key.kid: key for key in keys}


def stream_policies(settings: Settings) -> dict[str, StreamPolicy]:
    """Return how the outbox treats each stream."""
    return {plan.name: plan.policy for plan in settings.streams}


def stream_formats(settings: Settings) -> dict[str, StreamFormat]:
    """Return how the sealer encodes each stream."""
    return {
        plan.name: StreamFormat(
            exponents=tuple(channel.exponent for channel in plan.spec.channels),
            padded_to=PADDING_BYTES if any(channel.group is not None for channel in plan.spec.channels) else 0,
        )
        for plan in settings.streams
    }


def make_filters(
    settings: Settings, *, tested: Mapping[str, str], ledgers: "Ledgers | None" = None
) -> tuple[dict[str, StreamFilter], dict[str, str]]:
    """Return the filters of the streams whose self-test passed, and why the other streams are suspended.

    Args:
        settings: the streams.
        tested: what `agent.selftest.findings` found; a stream that is not there was not tested.
        ledgers: what pays for noise. Without, nothing does, and what needs it is suppressed: `lamppost once` may not
            spend, and may not show by being repeated what the noise hides.
    """
    filters: dict[str, StreamFilter] = {}
    suspended: dict[str, str] = {}
    ledgers = ledgers or make_ledgers(settings, None)
    for plan in settings.streams:
        reason = tested.get(plan.name, "it was not made")
        if reason:
            suspended[plan.name] = reason
            _LOG.error("stream %s is suspended: its privacy self-test failed: %s", plan.name, reason)
        else:
            ledger = ledgers.of(plan.name) if ledgers and plan.spec.noise else None
            filters[plan.name] = StreamFilter(spec=plan.spec, random_bytes=os.urandom, ledger=ledger)
    return filters, suspended


def make_ledgers(settings: Settings, saved: bytes | None) -> "Ledgers | None":
    """Return the budget ledgers of the streams with noise, None when there are none."""
    specs = [plan.spec for plan in settings.streams]
    if all(spec.noise is None for spec in specs):
        return None
    from agent.privacy import ledgers  # noqa: PLC0415 - exact fractions are a megabyte that few units need

    return ledgers.Ledgers(ledgers.budgets_of(specs), saved)


def uplink_settings(settings: Settings) -> UplinkSettings:
    """Return how the broker is reached."""
    plan, unit = settings.uplink, settings.unit.id
    topics = Topics(plan.topic_root)
    return UplinkSettings(
        host=plan.host,
        port=plan.port,
        client_id=unit,
        status_topic=topics.topic(unit, Lane.STATUS),
        subscriptions=(topics.filter(Lane.RECEIPT, unit), topics.filter(Lane.CONTROL, unit)),
        tls=plan.tls,
        username=plan.username,
        password=plan.password,
        delivery=plan.delivery,
        mqtt=Mqtt(plan.mqtt.value),
        keepalive_s=plan.keepalive_s,
        in_flight=plan.in_flight,
        timing=Timing(status_s=plan.status_s),
    )


class TopicOf:
    """Says where an envelope goes, for the publisher, which knows no topics."""

    def __init__(self, settings: Settings) -> None:
        topics, unit = Topics(settings.uplink.topic_root), settings.unit.id
        self._reserved = {stream: topics.topic(unit, lane) for stream, lane in _RESERVED.items()}
        self._topics: dict[tuple[BufferLane, str], str] = {}
        self._unit = unit
        self._names = topics

    def __call__(self, envelope: Outgoing) -> str:
        """Return the topic of an envelope."""
        if envelope.stream in self._reserved:
            return self._reserved[envelope.stream]
        key = (envelope.lane, envelope.stream)
        if key not in self._topics:
            self._topics[key] = self._names.topic(self._unit, Lane(envelope.lane.value), envelope.stream)
        return self._topics[key]


def store_path(settings: Settings) -> Path:
    """Return where the outbox is."""
    return settings.directory / "outbox.db"
