"""Strategies that generate every message the wire format has a form for."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from agent.quality import Quality
from agent.wire.batch import NULL_CODES
from agent.wire.declared import (
    DECLARATIONS,
    Declaration,
    DeclarationContent,
    DeclaredAlarm,
    DeclaredChannel,
    DeclaredNoise,
    DeclaredStream,
)
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    OrderEntry,
    ReceiptEntry,
    StateEntry,
    StateEvent,
    WithheldEntry,
)
from agent.wire.messages import (
    Alarm,
    AlarmState,
    Batch,
    ClockQuality,
    ClockStamp,
    Column,
    Gap,
    GapReason,
    Kind,
    Presence,
    Receipt,
    Status,
    Suspected,
)
from agent.wire.orders import (
    ACKNOWLEDGEMENTS,
    LOGS,
    Ack,
    AckContent,
    Command,
    Control,
    Log,
    LogContent,
    Order,
    Outcome,
    Refusal,
    Role,
)

UINTS = st.integers(0, 2**63 - 1)
INTS = st.integers(-(2**63), 2**63 - 1)
EPOCHS = st.binary(min_size=8, max_size=8)
HASHES = st.binary(min_size=32, max_size=32)
BOOTS = st.binary(min_size=16, max_size=16)
NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
WORDS = st.from_regex(r"\A[a-z][a-z0-9_]{0,31}\Z")
STAMPS = st.builds(
    ClockStamp,
    quality=st.sampled_from(ClockQuality),
    error_ms=st.none() | UINTS,
    mapping=st.none() | st.tuples(BOOTS, UINTS, UINTS, st.none() | UINTS),
    bounds=st.none() | st.tuples(UINTS, st.none()) | st.tuples(UINTS, UINTS).map(lambda pair: (min(pair), max(pair))),
)


@st.composite
def _places(draw: st.DrawFn) -> dict[str, Any]:
    seq = draw(UINTS)
    return {"epoch": draw(EPOCHS), "stream": draw(NAMES), "seq": seq, "prev": draw(HASHES) if seq else None}


@st.composite
def _columns(draw: st.DrawFn, channel: int, rows: int) -> Column:
    cells = st.one_of(
        st.tuples(st.integers(-(2**62), 2**62 - 1), st.sampled_from(sorted(set(Quality) - NULL_CODES))),
        st.tuples(st.none(), st.sampled_from(sorted(set(Quality) - {Quality.OK}))),
    )
    values, quality = zip(*draw(st.lists(cells, min_size=rows, max_size=rows)), strict=True)
    return Column(channel=channel, exponent=draw(st.integers(-18, 18)), values=values, quality=quality)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Generate batches that the format has a form for."""
    rows = draw(st.integers(1, 12))
    channels = sorted(draw(st.sets(st.integers(0, 63), min_size=1, max_size=4)))
    return Batch(
        **draw(_places()),
        start_ms=draw(st.integers(0, 2**50)),
        step_ms=draw(st.integers(1, 2**40)),
        boot_id=draw(st.none() | BOOTS),
        columns=tuple(draw(_columns(channel, rows)) for channel in channels),
        declaration=draw(HASHES),
        clock=draw(STAMPS),
        simulated=draw(st.booleans()),
        padded_to=draw(st.integers(0, 700)),
    )


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    """Generate gaps that the format has a form for."""
    place = draw(_places())
    last = draw(st.integers(0, place["seq"] - 1)) if place["seq"] else None
    sealed = None if last is None else (draw(st.integers(0, last)), last, draw(HASHES))
    reason = draw(st.sampled_from(GapReason))
    ended = st.tuples(st.binary(min_size=8, max_size=8).filter(lambda epoch: epoch != place["epoch"]), UINTS)
    return Gap(
        **place,
        sealed=draw(st.sampled_from([None, sealed])),
        windows=draw(
            st.none() | st.tuples(st.integers(0, 2**50), st.integers(1, 2**30), st.integers(1, 2**30)),
        ),
        count=draw(UINTS),
        reason=reason,
        simulated=draw(st.booleans()),
        ended=draw(st.none() | ended) if reason is GapReason.DAMAGED else None,
    )


@st.composite
def alarms(draw: st.DrawFn) -> Alarm:
    """Generate alarms that the format has a form for."""
    state = draw(st.sampled_from(AlarmState))
    unknown = state is AlarmState.UNKNOWN
    return Alarm(
        **(draw(_places()) | {"stream": draw(NAMES.filter(lambda name: not name.startswith("_")))}),
        name=draw(NAMES),
        state=state,
        start_ms=draw(st.integers(0, 2**62)),
        step_ms=draw(st.integers(1, 2**62)),
        boot_id=draw(st.none() | BOOTS),
        value=None if unknown else draw(INTS),
        quality=draw(st.sampled_from(sorted(set(Quality) - ({Quality.OK} if unknown else NULL_CODES)))),
        number=draw(st.integers(1, 2**63 - 1)),
        declaration=draw(HASHES),
        clock=draw(STAMPS),
        simulated=draw(st.booleans()),
    )


RECEIPTS = st.builds(
    Receipt,
    receiver=EPOCHS,
    receiver_epoch=EPOCHS,
    counter=UINTS,
    unit=NAMES,
    stream=NAMES,
    epoch=EPOCHS,
    seq=UINTS,
    hash=HASHES,
    resend_from=st.none() | UINTS,
)
CODES = st.from_regex(r"\A[!-~]{1,64}\Z")
DATES = st.dates().map(lambda day: day.isoformat())
_DTPR = st.lists(CODES, max_size=3, unique=True).map(tuple)
_PARTS = st.tuples(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))
_CHANNELS = st.builds(
    DeclaredChannel,
    name=NAMES,
    unit=TEXTS,
    ucum=st.just("") | CODES,
    property=st.just("") | st.from_regex(r"\Ahttps?:[!-~]{1,40}\Z"),
    exponent=st.integers(-18, 18),
    resolution=st.integers(1, 2**62),
    minimum=INTS,
    maximum=INTS,
    rule=WORDS,
    sensitivity=st.sampled_from(["measurement", "count", "identifier", "location"]),
    source=TEXTS,
    model=TEXTS,
    accuracy=st.just("unverified") | TEXTS,
    calibrated=st.none() | DATES,
    grid_m=st.none() | st.integers(1, 10_000),
    bins=st.none() | st.tuples(st.integers(-(2**63), -1), st.integers(0, 2**63 - 1)),
    quiet=st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=3).map(tuple),
)
_STREAMS = st.builds(
    DeclaredStream,
    name=NAMES.filter(lambda name: not name.startswith("_")),
    title=TEXTS,
    description=TEXTS,
    licence=TEXTS,
    contact=TEXTS,
    access=st.sampled_from(["public", "restricted public", "non-public"]),
    rights=TEXTS,
    purpose=TEXTS,
    window_ms=st.integers(1, 2**40),
    batch_rows=st.integers(1, 4096),
    retention_ms=UINTS,
    delay_ms=UINTS,
    suppress_below=st.none() | st.integers(1, 50),
    noise=st.none() | st.builds(DeclaredNoise, epsilon=_PARTS, daily=_PARTS, sensitivity=st.integers(1, 2**63 - 1)),
    channels=st.lists(_CHANNELS, min_size=1, max_size=3, unique_by=lambda channel: channel.name).map(tuple),
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
    dtpr=_DTPR,
)


@st.composite
def _alarming(draw: st.DrawFn, stream: DeclaredStream) -> DeclaredStream:
    """Return a stream with alarms, if it can have any."""
    channels = [index for index, channel in enumerate(stream.channels) if channel.sensitivity == "measurement"]
    if not channels or stream.delay_ms:
        return stream
    return replace(
        stream,
        alarms=tuple(
            draw(
                st.lists(_alarms(channels, stream.window_ms), max_size=3, unique_by=lambda alarm: alarm.name),
            )
        ),
    )


@st.composite
def _alarms(draw: st.DrawFn, channels: list[int], window_ms: int) -> DeclaredAlarm:
    low, high = sorted((draw(INTS), draw(INTS)))
    above = draw(st.booleans())
    return DeclaredAlarm(
        name=draw(NAMES),
        channel=draw(st.sampled_from(channels)),
        above=above,
        threshold=high if above else low,
        clear=low if above else high,
        hold_ms=draw(UINTS),
        title=draw(TEXTS),
        fast=None if window_ms == 1 or channels != [0, 1, 2] else (1, draw(st.integers(1, 2**63 - 1))),
    )


def _zoned(content: DeclarationContent, zone: str) -> DeclarationContent:
    """Return a content with a time zone if it has quiet hours, which need one."""
    quiet = any(channel.quiet for stream in content.streams for channel in stream.channels)
    return replace(content, timezone=zone if quiet else "")


_CONTENTS = st.builds(
    DeclarationContent,
    unit=NAMES,
    publisher=TEXTS,
    office=TEXTS,
    contact=TEXTS,
    site=TEXTS,
    location=st.none()
    | st.tuples(st.integers(-9_000_000, 9_000_000), st.integers(-18_000_000, 18_000_000), st.integers(1, 10**6)),
    installed=st.none() | DATES,
    hardware=TEXTS,
    firmware=TEXTS,
    software=TEXTS,
    thumbprint=HASHES,
    legal_basis=TEXTS,
    dtpr=_DTPR,
    simulated=st.booleans(),
    streams=st.lists(_STREAMS.flatmap(_alarming), max_size=3, unique_by=lambda stream: stream.name).map(tuple),
)
CONTENTS = st.builds(_zoned, _CONTENTS, st.sampled_from(["UTC", "America/New_York"]))
DECLARATION_MESSAGES = st.builds(
    lambda place, content: Declaration(**(place | {"stream": DECLARATIONS}), content=content), _places(), CONTENTS
)
_STATUSES = st.builds(
    Status,
    unit=NAMES,
    presence=st.sampled_from(Presence),
    session=UINTS,
    software=TEXTS,
    boot_id=BOOTS,
    uptime_ms=UINTS,
    utc_ms=st.none() | UINTS,
    clock=st.sampled_from(ClockQuality),
    sensors=st.dictionaries(NAMES, st.sampled_from(["ok", "failing", "absent", "paused"]), max_size=4),
    suspended=st.dictionaries(NAMES, TEXTS, max_size=4),
    rows_waiting=UINTS,
    simulated=st.booleans(),
    alarms=st.dictionaries(
        st.tuples(NAMES.filter(lambda name: not name.startswith("_")), NAMES),
        st.sampled_from([AlarmState.RAISED, AlarmState.UNKNOWN]),
        max_size=3,
    ),
)


def _suspecting(status: Status) -> st.SearchStrategy[Status]:
    working = [sensor for sensor, state in status.sensors.items() if state == "ok"]
    if not working:
        return st.just(status)
    suspected = st.dictionaries(st.sampled_from(working), st.sampled_from(Suspected), max_size=4)
    return suspected.map(lambda found: replace(status, suspected=found))


STATUSES = _STATUSES.flatmap(_suspecting)
_COMMANDS = st.one_of(
    st.builds(Command, stream=st.none() | NAMES, order=st.sampled_from([Order.RUN, Order.HOLD, Order.SUSPEND])),
    st.builds(Command, stream=st.none() | NAMES, order=st.just(Order.PURGE), until_ms=st.none() | UINTS),
)
CONTROLS = st.builds(
    Control,
    unit=NAMES,
    version=UINTS,
    issued_ms=UINTS,
    expires_ms=st.none() | UINTS,
    reference=TEXTS.filter(bool),
    authority=TEXTS,
    commands=st.lists(
        _COMMANDS, min_size=1, max_size=5, unique_by=lambda command: (command.stream, command.order)
    ).map(tuple),
)
CLOCKS = st.one_of(
    st.fixed_dictionaries(
        {"clock": st.sampled_from([ClockQuality.SYNCHRONISED, ClockQuality.HOLDOVER]), "utc_ms": UINTS}
    ),
    st.just({"clock": ClockQuality.UNSET, "utc_ms": None}),
)
"""A clock's quality and wall time, which go together."""

_OUTCOMES = st.builds(
    Outcome,
    stream=NAMES,
    order=st.sampled_from(Order),
    refusal=st.sampled_from(Refusal),
    state=st.sampled_from([Order.RUN, Order.HOLD, Order.SUSPEND]),
    epoch=EPOCHS,
    last_seq=st.none() | UINTS,
)


@st.composite
def ack_contents(draw: st.DrawFn) -> AckContent:
    """Generate contents of acknowledgements."""
    return AckContent(
        unit=draw(NAMES),
        version=draw(UINTS),
        document=draw(HASHES),
        outcomes=tuple(draw(st.lists(_OUTCOMES, max_size=4))),
        simulated=draw(st.booleans()),
        **draw(CLOCKS),
    )


@st.composite
def log_contents(draw: st.DrawFn) -> LogContent:
    """Generate contents of log heads; some of a log of which nothing is kept."""
    last, head = draw(st.integers(0, 2**63 - 2)), draw(HASHES)
    first = draw(st.integers(1, last + 1))
    base = head if first > last else draw(HASHES)
    return LogContent(unit=draw(NAMES), last=last, head=head, first=first, base=base, **draw(CLOCKS))


ACKS = st.builds(
    lambda place, content: Ack(**(place | {"stream": ACKNOWLEDGEMENTS}), content=content), _places(), ack_contents()
)
LOG_MESSAGES = st.builds(
    lambda place, content: Log(**(place | {"stream": LOGS}), content=content), _places(), log_contents()
)
MESSAGES = st.one_of(
    batches(), gaps(), alarms(), RECEIPTS, DECLARATION_MESSAGES, STATUSES, CONTROLS, ACKS, LOG_MESSAGES
)
_MOMENTS = st.one_of(
    st.builds(Moment, quality=st.sampled_from([ClockQuality.SYNCHRONISED, ClockQuality.HOLDOVER]), utc_ms=UINTS),
    st.builds(Moment, quality=st.just(ClockQuality.UNSET), utc_ms=st.none(), boot_id=BOOTS, mono_ms=UINTS),
)
_DATA_STREAMS = NAMES.filter(lambda name: not name.startswith("_"))
_DESTINATIONS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@st.composite
def _envelope_entries(draw: st.DrawFn) -> EnvelopeEntry:
    kind = draw(st.sampled_from([Kind.BATCH, Kind.GAP, Kind.DECLARATION, Kind.ACK, Kind.LOG, Kind.ALARM]))
    streams = {Kind.DECLARATION: DECLARATIONS, Kind.ACK: ACKNOWLEDGEMENTS, Kind.LOG: LOGS}
    batch = kind is Kind.BATCH
    return EnvelopeEntry(
        at=draw(_MOMENTS),
        stream=streams.get(kind) or draw(_DATA_STREAMS),
        epoch=draw(EPOCHS),
        seq=draw(UINTS),
        hash=draw(HASHES),
        kind=kind,
        rows=draw(st.integers(1, 4096)) if batch else 0,
        channels=draw(st.integers(1, 64)) if batch else 0,
        declaration=draw(HASHES) if batch else None,
        size=draw(st.integers(1, 2**20)),
        destination=draw(_DESTINATIONS),
    )


ENTRIES: st.SearchStrategy[Entry] = st.one_of(
    _envelope_entries(),
    st.builds(
        ReceiptEntry,
        at=_MOMENTS,
        stream=_DATA_STREAMS | st.sampled_from([DECLARATIONS, ACKNOWLEDGEMENTS, LOGS]),
        epoch=EPOCHS,
        seq=UINTS,
        receiver=st.none() | EPOCHS,
    ),
    st.builds(
        LostEntry,
        at=_MOMENTS,
        stream=_DATA_STREAMS,
        epoch=EPOCHS,
        reason=st.sampled_from(GapReason),
        count=UINTS,
        sealed=st.none() | st.tuples(st.integers(0, 2**40), st.integers(2**40, 2**63 - 1)),
    ),
    st.builds(
        WithheldEntry,
        at=_MOMENTS,
        stream=_DATA_STREAMS,
        code=st.sampled_from(sorted(set(Quality) - {Quality.OK})),
        windows=st.integers(1, 2**63 - 1),
        start_ms=UINTS,
    ),
    st.builds(
        OrderEntry,
        at=_MOMENTS,
        version=UINTS,
        document=HASHES,
        reference=TEXTS.filter(bool),
        role=st.sampled_from(Role),
        stream=st.none() | _DATA_STREAMS,
        order=st.sampled_from(Order),
        refusal=st.sampled_from(Refusal),
        local=st.booleans(),
    ),
    st.builds(
        ConfigurationEntry,
        at=_MOMENTS,
        before=st.none() | HASHES,
        after=HASHES,
        local=st.booleans(),
        streams=st.lists(
            st.tuples(_DATA_STREAMS, st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple)),
            max_size=4,
            unique_by=lambda stream: stream[0],
        ).map(tuple),
    ),
    st.builds(DamageEntry, at=_MOMENTS, epoch=EPOCHS, entries=st.none() | UINTS),
    st.builds(StateEntry, at=_MOMENTS, event=st.sampled_from(StateEvent), version=st.none() | UINTS),
)
