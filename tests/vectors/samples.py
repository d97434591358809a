"""The messages that the vectors are made of."""

from agent.quality import Quality
from agent.wire import cose, disclosure, payload
from agent.wire.messages import AlarmState, Batch, ClockQuality, ClockStamp, GapReason, Kind, Presence, Suspected
from agent.wire.orders import Command, Order
from agent.wire.payload import Payload
from tests.support import wire

BOOT = bytes(range(16))
EPOCH = bytes.fromhex("a1a2a3a4a5a6a7a8")

_COUNTS = wire.stream(
    name="visitors",
    title="Visitors of the square",
    description="",
    keywords=(),
    suppress_below=10,
    batch_rows=4,
    channels=(
        wire.channel(
            "devices",
            unit="count",
            exponent=0,
            resolution=5,
            minimum=0,
            maximum=5000,
            rule="count_distinct",
            sensitivity="count",
            source="scanner.mac",
            model="mac_scanner",
        ),
        wire.channel(
            "latitude",
            unit="lat",
            exponent=-7,
            resolution=1,
            minimum=-900_000_000,
            maximum=900_000_000,
            rule="grid",
            sensitivity="location",
            source="position.latitude",
            model="gnss",
            grid_m=500,
        ),
    ),
)
CONTENT = wire.content(streams=(wire.stream(), _COUNTS))
DECLARED = payload.declaration_hash(payload.content_bytes(CONTENT))


def batch(**changes: object) -> Batch:
    return wire.batch(**({"declaration": DECLARED} | changes))


FIRST = batch(
    seq=0,
    prev=None,
    columns=(
        wire.column(0, [2150, 2148, None], quality=(Quality.PARTIAL, Quality.OK, Quality.SENSOR_FAILING)),
        wire.column(1, [101_325, 101_330, 101_328], exponent=0),
    ),
)
_SUPPRESSED = wire.column(
    0, [35, None, None, 120], exponent=0, quality=(Quality.OK, Quality.SUPPRESSED, Quality.SUPPRESSED, Quality.OK)
)
ACKNOWLEDGED = wire.ack_content(
    document=cose.envelope_hash(cose.sign(payload.encode(wire.control()), kind=Kind.CONTROL, signer=wire.CITY_KEY))
)
"""Answers the first control document here."""

PAYLOADS: dict[str, Payload] = {
    "batch: three windows of two channels": FIRST,
    "batch: a count stream, suppressed windows, padded to a multiple of 256": batch(
        stream="visitors", columns=(_SUPPRESSED,), padded_to=256
    ),
    "batch: boot time, clock unset": batch(
        boot_id=BOOT, start_ms=120_000, clock=ClockStamp(quality=ClockQuality.UNSET)
    ),
    "batch: boot time, mapping known, clock in holdover, simulated": batch(
        boot_id=BOOT,
        start_ms=120_000,
        clock=ClockStamp(
            quality=ClockQuality.HOLDOVER, error_ms=1500, mapping=(BOOT, 300_000, 1_790_000_040_000, None)
        ),
        simulated=True,
    ),
    "batch: boot time, placed with a bound": batch(
        boot_id=BOOT,
        start_ms=120_000,
        clock=ClockStamp(quality=ClockQuality.UNSET, error_ms=102, mapping=(BOOT, 300_000, 1_790_000_040_000, 12)),
    ),
    "batch: boot time, after a time that is known": batch(
        boot_id=BOOT, start_ms=120_000, clock=ClockStamp(quality=ClockQuality.UNSET, bounds=(1_790_000_040_000, None))
    ),
    "batch: boot time, between two times that are known": batch(
        boot_id=BOOT,
        start_ms=120_000,
        clock=ClockStamp(quality=ClockQuality.UNSET, bounds=(1_790_000_040_000, 1_790_000_640_000)),
    ),
    "batch: the largest and the smallest numbers": batch(
        seq=(1 << 63) - 1,
        columns=(
            wire.column(0, [(1 << 63) - 1, 0, -(1 << 63), -1], exponent=18),
            wire.column(63, [None, 23, 24, -1], exponent=-18),
        ),
    ),
    "batch: every quality code": batch(
        columns=(
            wire.column(
                0,
                [None if code in {1, 2, 3, 4, 5, 8, 9} else 2000 + code for code in Quality],
                quality=tuple(Quality),
            ),
        )
    ),
    "gap: two sealed envelopes were evicted": wire.gap(),
    "gap: rows were refused that never were sealed": wire.gap(
        sealed=None, windows=(1_790_000_040_000, 60_000, 60), count=60, reason=GapReason.REFUSED
    ),
    "gap: rows were merged into fewer ones": wire.gap(
        sealed=None, windows=(1_790_000_040_000, 60_000, 4096), count=2988, reason=GapReason.THINNED
    ),
    "gap: lost with a damaged store, how many is not known": wire.gap(sealed=None, count=0, reason=GapReason.DAMAGED),
    "gap: damage has ended an epoch": wire.gap(
        sealed=None, count=7, reason=GapReason.DAMAGED, ended=(b"epoch-00", 41)
    ),
    "declaration: two streams": wire.declaration(content=CONTENT),
    "status: online": wire.status(),
    "status: two alarms": wire.status(
        alarms={("corner-air", "heat"): AlarmState.RAISED, ("corner-air", "storm"): AlarmState.UNKNOWN}
    ),
    "status: two sensors are suspected of being stuck": wire.status(
        sensors={"air": "ok", "co2": "failing", "rain": "ok"},
        suspected={"air": Suspected.HOURS, "rain": Suspected.WEEKS},
    ),
    "status: the last will, clock unset": wire.status(
        presence=Presence.OFFLINE, utc_ms=None, clock=ClockQuality.UNSET, sensors={}, suspended={}
    ),
    "receipt": wire.receipt(),
    "receipt: asks for a resend": wire.receipt(resend_from=2),
    "declaration: no field has its default": wire.declaration(content=wire.full_content()),
    "control: hold, suspend and purge": wire.control(),
    "control: run everything, the highest version, no expiry": wire.control(
        version=(1 << 63) - 1,
        expires_ms=None,
        authority="",
        commands=(Command(stream=None, order=Order.RUN),),
    ),
    "ack: one command obeyed, one refused": wire.ack(content=ACKNOWLEDGED),
    "ack: the first of an epoch, clock unset": wire.ack(
        seq=0,
        prev=None,
        content=wire.ack_content(clock=ClockQuality.UNSET, utc_ms=None, outcomes=(wire.outcome(last_seq=None),)),
    ),
    "log: a log of which the beginning was cut": wire.log(),
    "log: an empty log": wire.log(
        content=wire.log_content(
            last=0, first=1, head=disclosure.genesis("corner-7"), base=disclosure.genesis("corner-7")
        )
    ),
    "alarm: raised": wire.alarm(declaration=DECLARED),
    "alarm: cleared, the first change of an epoch, clock unset": wire.alarm(
        seq=0,
        prev=None,
        state=AlarmState.CLEARED,
        value=-(1 << 63),
        quality=Quality.SATURATED,
        start_ms=120_000,
        boot_id=BOOT,
        number=1,
        clock=ClockStamp(quality=ClockQuality.UNSET),
    ),
    "alarm: unknown, because the sensor fails": wire.alarm(
        state=AlarmState.UNKNOWN, value=None, quality=Quality.SENSOR_FAILING, simulated=True
    ),
}
