# ruff: noqa: ANN401 - a test may change any field of a message to anything
"""Keys and messages for tests of the wire format."""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from agent.quality import Quality
from agent.wire import keyfile
from agent.wire.declared import (
    DECLARATIONS,
    Declaration,
    DeclarationContent,
    DeclaredAlarm,
    DeclaredChannel,
    DeclaredNoise,
    DeclaredStream,
)
from agent.wire.keyfile import SigningKey, VerifyKey
from agent.wire.messages import (
    Alarm,
    AlarmState,
    Batch,
    ClockQuality,
    ClockStamp,
    Column,
    Gap,
    GapReason,
    Presence,
    Receipt,
    Status,
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
)

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def signing_key(seed: bytes) -> SigningKey:
    """Return the Ed25519 key of 32 bytes."""
    return keyfile._signing(ed25519.Ed25519PrivateKey.from_private_bytes(seed))


UNIT_KEY = signing_key(bytes(range(32)))
RECEIVER_KEY = signing_key(bytes(range(32, 64)))
OTHER_KEY = signing_key(bytes(range(64, 96)))
CITY_KEY = signing_key(bytes(range(96, 128)))


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


def alarm(**changes: Any) -> Alarm:
    """Return an alarm that was raised."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": "corner-air",
        "seq": 9,
        "prev": bytes([0x11]) * 32,
        "name": "heat",
        "state": AlarmState.RAISED,
        "start_ms": 1_790_000_040_000,
        "step_ms": 60_000,
        "boot_id": None,
        "value": 4110,
        "quality": Quality.OK,
        "number": 3,
        "declaration": bytes([0x22]) * 32,
        "clock": ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=12),
        "simulated": False,
    }
    return Alarm(**(plain | changes))


def declared_alarm(**changes: Any) -> DeclaredAlarm:
    """Return a declared alarm of the first channel of `stream`, in which no field has its default."""
    plain: dict[str, Any] = {
        "name": "heat",
        "channel": 0,
        "above": True,
        "threshold": 4000,
        "clear": 3800,
        "hold_ms": 120_000,
        "title": "Heat at the corner",
        "fast": (10_000, 1_800_000),
    }
    return DeclaredAlarm(**(plain | changes))


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


def full_content(**changes: Any) -> DeclarationContent:
    """Return a declaration's content in which no field has its default."""
    counts = stream(
        name="visitors",
        title="Visitors of the square",
        description="Visitors by the seconds they stay, with noise.",
        licence="https://creativecommons.org/licenses/by/4.0/",
        access="restricted public",
        rights="On request, because the square is small.",
        retention_ms=86_400_000,
        delay_ms=900_000,
        suppress_below=10,
        noise=DeclaredNoise(epsilon=(1, 2), daily=(12, 1), sensitivity=1),
        dtpr=("purpose__planning_and_decision_making", "process__aggregated"),
        channels=(
            channel(
                "stay-0-60",
                unit="count",
                ucum="{count}",
                property="https://city.example/properties/visitors",
                exponent=0,
                minimum=0,
                maximum=5000,
                rule="histogram",
                sensitivity="count",
                source="scanner.mac",
                model="mac_scanner",
                accuracy="+-5 percent (data sheet 1.2, page 3)",
                calibrated="2026-02-28",
                bins=(0, 60),
                quiet=((1380, 300), (720, 780)),
            ),
            channel(
                "latitude",
                unit="lat",
                ucum="deg",
                exponent=-5,
                minimum=-9_000_000,
                maximum=9_000_000,
                rule="grid",
                sensitivity="location",
                source="position.latitude",
                model="gnss",
                grid_m=500,
            ),
        ),
    )
    plain: dict[str, Any] = {
        "location": (5_252_000, 1_340_500, 500),
        "installed": "2026-03-01",
        "hardware": "Raspberry Pi 4 Model B",
        "firmware": "Raspberry Pi OS 12",
        "legal_basis": "Sensor ordinance of 2025, section 4",
        "dtpr": ("access__available_for_download",),
        "timezone": "Europe/Berlin",
        "streams": (stream(alarms=(declared_alarm(),)), counts),
    }
    return content(**(plain | changes))


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


def control(**changes: Any) -> Control:
    """Return a control document of four commands."""
    plain: dict[str, Any] = {
        "unit": "corner-7",
        "version": 12,
        "issued_ms": 1_790_000_000_000,
        "expires_ms": 1_790_086_400_000,
        "reference": "2026-0417",
        "authority": "Order of the data protection officer under section 12 of the sensor ordinance",
        "commands": (
            Command(stream="corner-air", order=Order.HOLD),
            Command(stream="visitors", order=Order.SUSPEND),
            Command(stream="visitors", order=Order.PURGE, until_ms=1_789_999_000_000),
            Command(stream=None, order=Order.PURGE),
        ),
    }
    return Control(**(plain | changes))


def outcome(**changes: Any) -> Outcome:
    """Return the outcome of a command that was obeyed."""
    plain: dict[str, Any] = {
        "stream": "visitors",
        "order": Order.SUSPEND,
        "refusal": Refusal.NONE,
        "state": Order.SUSPEND,
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "last_seq": 41,
    }
    return Outcome(**(plain | changes))


def ack_content(**changes: Any) -> AckContent:
    """Return an acknowledgement's content: one command obeyed, one refused."""
    plain: dict[str, Any] = {
        "unit": "corner-7",
        "version": 12,
        "document": bytes([0x55]) * 32,
        "outcomes": (
            outcome(),
            outcome(stream="corner-air", order=Order.PURGE, refusal=Refusal.HELD, state=Order.HOLD, last_seq=None),
        ),
        "clock": ClockQuality.SYNCHRONISED,
        "utc_ms": 1_790_000_003_000,
        "simulated": False,
    }
    return AckContent(**(plain | changes))


def ack(**changes: Any) -> Ack:
    """Return an acknowledgement."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": ACKNOWLEDGEMENTS,
        "seq": 3,
        "prev": bytes([0x11]) * 32,
        "content": ack_content(),
    }
    return Ack(**(plain | changes))


def log_content(**changes: Any) -> LogContent:
    """Return the content of a log head: the first 100 entries were cut."""
    plain: dict[str, Any] = {
        "unit": "corner-7",
        "last": 1440,
        "head": bytes([0x66]) * 32,
        "first": 101,
        "base": bytes([0x77]) * 32,
        "clock": ClockQuality.SYNCHRONISED,
        "utc_ms": 1_790_035_200_000,
    }
    return LogContent(**(plain | changes))


def log(**changes: Any) -> Log:
    """Return a log head."""
    plain: dict[str, Any] = {
        "epoch": bytes.fromhex("a1a2a3a4a5a6a7a8"),
        "stream": LOGS,
        "seq": 0,
        "prev": None,
        "content": log_content(),
    }
    return Log(**(plain | changes))
