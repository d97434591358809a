# ruff: noqa: ANN401 - a test may change any field of a message to anything
"""Keys, messages and strategies for tests of the wire format."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from hypothesis import strategies as st

from agent.quality import Quality
from agent.wire import keyfile
from agent.wire.batch import NULL_CODES
from agent.wire.keyfile import SigningKey, VerifyKey
from agent.wire.messages import (
    DECLARATIONS,
    Batch,
    ClockQuality,
    ClockStamp,
    Column,
    Declaration,
    DeclarationContent,
    DeclaredChannel,
    DeclaredStream,
    Gap,
    GapReason,
    Presence,
    Receipt,
    Status,
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def signing_key(seed: bytes) -> SigningKey:
    """Return the Ed25519 key of 32 bytes."""
    return keyfile._signing(ed25519.Ed25519PrivateKey.from_private_bytes(seed))


UNIT_KEY = signing_key(bytes(range(32)))
RECEIVER_KEY = signing_key(bytes(range(32, 64)))
OTHER_KEY = signing_key(bytes(range(64, 96)))


@dataclass(frozen=True)
class P256Signer:
    """A hardware key's stand-in: P-256, SHA-256, deterministic nonces (RFC 6979)."""

    scalar: int
    low: bool = True

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.scalar, ec.SECP256R1())

    @property
    def public(self) -> VerifyKey:
        numbers = self._key.public_key().public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        return keyfile.load_public(keyfile._pem(_P256_PREFIX + point, "PUBLIC KEY"))

    @property
    def kid(self) -> bytes:
        return self.public.kid

    @property
    def alg(self) -> int:
        return self.public.alg

    def sign(self, message: bytes) -> bytes:
        der = self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = utils.decode_dss_signature(der)
        if (s <= P256_ORDER // 2) is not self.low:
            s = P256_ORDER - s
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


P256_KEY = P256Signer(0x1F2E3D4C5B6A79880123456789ABCDEF0F1E2D3C4B5A69788796A5B4C3D2E1F0)


def column(channel: int, values: list[int | None], **changes: Any) -> Column:
    """Return a column whose nulls have no data."""
    quality = tuple(Quality.NO_DATA if value is None else Quality.OK for value in values)
    plain: dict[str, Any] = {"channel": channel, "exponent": -2, "values": tuple(values), "quality": quality}
    return Column(**(plain | changes))


def batch(**changes: Any) -> Batch:
    """Return a batch of three rows and two channels."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": "corner-air",
        "seq": 1,
        "prev": bytes([0x11]) * 32,
        "start_ms": 1_790_000_040_000,
        "step_ms": 60_000,
        "boot_id": None,
        "columns": (column(0, [2150, 2148, None]), column(1, [101_325, 101_330, 101_328], exponent=0)),
        "declaration": bytes([0x22]) * 32,
        "clock": ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=12),
        "simulated": False,
    }
    return Batch(**(plain | changes))


def gap(**changes: Any) -> Gap:
    """Return a gap over two sealed envelopes."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": "corner-air",
        "seq": 9,
        "prev": bytes([0x11]) * 32,
        "sealed": (4, 5, bytes([0x33]) * 32),
        "windows": None,
        "count": 20,
        "reason": GapReason.EVICTED,
        "simulated": False,
    }
    return Gap(**(plain | changes))


def receipt(**changes: Any) -> Receipt:
    """Return a receipt."""
    plain: dict[str, Any] = {
        "receiver": b"receiver",
        "receiver_epoch": bytes.fromhex("b1b2b3b4b5b6b7b8"),
        "counter": 41,
        "unit": "corner-7",
        "stream": "corner-air",
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "seq": 1,
        "hash": bytes([0x44]) * 32,
    }
    return Receipt(**(plain | changes))


def channel(name: str, **changes: Any) -> DeclaredChannel:
    """Return a declared channel."""
    plain: dict[str, Any] = {
        "name": name,
        "unit": "Cel",
        "exponent": -2,
        "resolution": 10,
        "minimum": -4000,
        "maximum": 8500,
        "rule": "mean",
        "sensitivity": "measurement",
        "source": "air.temperature",
        "model": "bme280",
    }
    return DeclaredChannel(**(plain | changes))


def stream(**changes: Any) -> DeclaredStream:
    """Return a declared stream."""
    plain: dict[str, Any] = {
        "name": "corner-air",
        "title": "Air at the corner",
        "description": "Temperature and pressure, averaged over a minute.",
        "licence": "CC-BY-4.0",
        "contact": "air@city.example",
        "access": "public",
        "purpose": "Heat map of the city",
        "window_ms": 60_000,
        "batch_rows": 10,
        "suppress_below": None,
        "channels": (
            channel("temperature"),
            channel("pressure", unit="Pa", exponent=0, minimum=30_000, maximum=110_000, source="air.pressure"),
        ),
        "keywords": ("air", "temperature"),
    }
    return DeclaredStream(**(plain | changes))


def content(**changes: Any) -> DeclarationContent:
    """Return a declaration's content."""
    plain: dict[str, Any] = {
        "unit": "corner-7",
        "publisher": "City of Example",
        "office": "Office of Street Lighting",
        "contact": "privacy@city.example",
        "site": "Main Street and 3rd Avenue",
        "software": "lamppost 0.1.0",
        "thumbprint": UNIT_KEY.thumbprint,
        "simulated": False,
        "streams": (stream(),),
    }
    return DeclarationContent(**(plain | changes))


def declaration(**changes: Any) -> Declaration:
    """Return a declaration."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": DECLARATIONS,
        "seq": 0,
        "prev": None,
        "content": content(),
    }
    return Declaration(**(plain | changes))


def status(**changes: Any) -> Status:
    """Return a status."""
    plain: dict[str, Any] = {
        "unit": "corner-7",
        "presence": Presence.ONLINE,
        "session": 3,
        "software": "lamppost 0.1.0",
        "boot_id": bytes(range(16)),
        "uptime_ms": 123_456,
        "utc_ms": 1_790_000_050_000,
        "clock": ClockQuality.SYNCHRONISED,
        "sensors": {"air": "ok", "co2": "failing", "gnss": "absent"},
        "suspended": {"visitors": "self-test failed"},
        "rows_waiting": 17,
        "simulated": False,
    }
    return Status(**(plain | changes))


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
    mapping=st.none() | st.tuples(BOOTS, UINTS, UINTS),
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
    return Gap(
        **place,
        sealed=draw(st.sampled_from([None, sealed])),
        windows=draw(
            st.none() | st.tuples(st.integers(0, 2**50), st.integers(1, 2**30), st.integers(1, 2**30)),
        ),
        count=draw(UINTS),
        reason=draw(st.sampled_from(GapReason)),
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
_CHANNELS = st.builds(
    DeclaredChannel,
    name=NAMES,
    unit=TEXTS,
    exponent=st.integers(-18, 18),
    resolution=st.integers(1, 2**62),
    minimum=INTS,
    maximum=INTS,
    rule=WORDS,
    sensitivity=st.sampled_from(["measurement", "count", "identifier", "location"]),
    source=TEXTS,
    model=TEXTS,
    grid_m=st.none() | st.integers(1, 10_000),
)
_STREAMS = st.builds(
    DeclaredStream,
    name=NAMES,
    title=TEXTS,
    description=TEXTS,
    licence=TEXTS,
    contact=TEXTS,
    access=TEXTS,
    purpose=TEXTS,
    window_ms=st.integers(1, 2**40),
    batch_rows=st.integers(1, 4096),
    suppress_below=st.none() | st.integers(1, 50),
    channels=st.lists(_CHANNELS, min_size=1, max_size=3, unique_by=lambda channel: channel.name).map(tuple),
    keywords=st.lists(TEXTS, max_size=3).map(tuple),
)
CONTENTS = st.builds(
    DeclarationContent,
    unit=NAMES,
    publisher=TEXTS,
    office=TEXTS,
    contact=TEXTS,
    site=TEXTS,
    software=TEXTS,
    thumbprint=HASHES,
    simulated=st.booleans(),
    streams=st.lists(_STREAMS, max_size=3, unique_by=lambda stream: stream.name).map(tuple),
)
DECLARATION_MESSAGES = st.builds(
    lambda place, content: Declaration(**(place | {"stream": DECLARATIONS}), content=content), _places(), CONTENTS
)
STATUSES = st.builds(
    Status,
    unit=NAMES,
    presence=st.sampled_from(Presence),
    session=UINTS,
    software=TEXTS,
    boot_id=BOOTS,
    uptime_ms=UINTS,
    utc_ms=st.none() | UINTS,
    clock=st.sampled_from(ClockQuality),
    sensors=st.dictionaries(NAMES, st.sampled_from(["ok", "failing", "absent"]), max_size=4),
    suspended=st.dictionaries(NAMES, TEXTS, max_size=4),
    rows_waiting=UINTS,
    simulated=st.booleans(),
)
MESSAGES = st.one_of(batches(), gaps(), RECEIPTS, DECLARATION_MESSAGES, STATUSES)
