"""A unit as the receiver's tests need it: keys, declarations, and chained, signed envelopes."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from agent.quality import Quality
from agent.wire import cose, disclosure, payload
from agent.wire.declared import DECLARATIONS, Declaration, DeclarationContent, DeclaredChannel, DeclaredStream
from agent.wire.keyfile import SigningKey, generate
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
    Status,
)
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS, Ack, AckContent, Log, LogContent, Order, Outcome, Refusal
from agent.wire.payload import Payload
from receiver.trusted import Device

UNIT = "corner-5th-main"
STREAM = "air"
EPOCH = b"epoch-01"
START_MS = 1_790_000_000_000
STEP_MS = 60_000


def content(unit: str = UNIT, *, simulated: bool = False) -> DeclarationContent:
    """Return what a unit with one stream of two channels declares."""
    channel = DeclaredChannel(
        name="temperature",
        unit="Cel",
        exponent=-1,
        resolution=1,
        minimum=-400,
        maximum=850,
        rule="mean",
        sensitivity="measurement",
        source="weather.temperature",
        model="bme280",
    )
    stream = DeclaredStream(
        name=STREAM,
        title="Air",
        description="Air at the corner",
        keywords=("air",),
        licence="https://creativecommons.org/licenses/by/4.0/",
        contact="sensors@city.example",
        access="public",
        purpose="street climate",
        window_ms=STEP_MS,
        batch_rows=2,
        suppress_below=None,
        channels=(channel, dataclasses.replace(channel, name="humidity", unit="%RH", minimum=0, maximum=1000)),
    )
    return DeclarationContent(
        unit=unit,
        publisher="City of Example",
        office="Transportation",
        contact="sensors@city.example",
        site="5th and Main",
        software="lamppost 0.1.0",
        thumbprint=bytes(32),
        simulated=simulated,
        streams=(stream,),
    )


@dataclasses.dataclass
class FakeUnit:
    """Seals envelopes as a unit would, one chain per stream."""

    key: SigningKey
    name: str = UNIT
    epoch: bytes = EPOCH
    simulated: bool = False
    chains: dict[str, tuple[int, bytes | None]] = dataclasses.field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, name: str = UNIT, *, simulated: bool = False) -> "FakeUnit":
        """Return a unit with a new key."""
        return cls(generate(folder / f"{name}.key"), name, simulated=simulated)

    def device(self, *, simulated: bool = False) -> Device:
        """Return its line of the registry."""
        return Device(unit=self.name, key=self.key.public, valid_from_ms=0, valid_until_ms=2**53, simulated=simulated)

    def sign(self, message: Payload) -> bytes:
        """Return a message as an envelope."""
        return cose.sign(payload.encode(message), kind=payload.KINDS[type(message)], signer=self.key)

    def declare(self) -> bytes:
        """Return the next declaration envelope."""
        seq, prev = self.chains.get(DECLARATIONS, (0, None))
        told = content(self.name, simulated=self.simulated)
        return self._link(Declaration(epoch=self.epoch, stream=DECLARATIONS, seq=seq, prev=prev, content=told))

    def batch(self, rows: int = 2, *, stream: str = STREAM, declaration: bytes | None = None) -> bytes:
        """Return the next batch envelope of a stream."""
        seq, prev = self.chains.get(stream, (0, None))
        column = Column(
            channel=0, exponent=-1, values=tuple(200 + seq + row for row in range(rows)), quality=(Quality.OK,) * rows
        )
        empty = Column(channel=1, exponent=-1, values=(None,) * rows, quality=(Quality.NO_DATA,) * rows)
        return self._link(
            Batch(
                epoch=self.epoch,
                stream=stream,
                seq=seq,
                prev=prev,
                start_ms=START_MS + seq * rows * STEP_MS,
                step_ms=STEP_MS,
                boot_id=None,
                columns=(column, empty),
                declaration=self.cited() if declaration is None else declaration,
                clock=ClockStamp(quality=ClockQuality.SYNCHRONISED),
                simulated=self.simulated,
            )
        )

    def gap(self, sealed: tuple[int, int, bytes] | None = None, count: int = 2, **changes: Any) -> bytes:  # noqa: ANN401 - any field
        """Return the next gap envelope of the stream."""
        seq, prev = self.chains.get(STREAM, (0, None))
        windows = None if sealed is not None else (START_MS, STEP_MS, count)
        plain: dict[str, Any] = {"windows": windows, "reason": GapReason.EVICTED, "simulated": self.simulated}
        place = {"epoch": self.epoch, "stream": STREAM, "seq": seq, "prev": prev}
        return self._link(Gap(sealed=sealed, count=count, **(plain | place | changes)))

    def alarm(self, name: str = "frost", *, stream: str = STREAM, **changes: Any) -> bytes:  # noqa: ANN401 - any field
        """Return the next alarm envelope of a stream: raised, unless told otherwise."""
        seq, prev = self.chains.get(stream, (0, None))
        plain: dict[str, Any] = {
            "state": AlarmState.RAISED,
            "start_ms": START_MS + seq * STEP_MS,
            "step_ms": STEP_MS,
            "boot_id": None,
            "value": -31,
            "quality": Quality.OK,
            "number": 1,
            "declaration": self.cited(),
            "clock": ClockStamp(quality=ClockQuality.SYNCHRONISED),
            "simulated": self.simulated,
        }
        place = {"epoch": self.epoch, "stream": stream, "seq": seq, "prev": prev, "name": name}
        return self._link(Alarm(**(plain | place | changes)))

    def ack(self, version: int = 1, *, refusal: Refusal = Refusal.NONE, last_seq: int | None = None) -> bytes:
        """Return the next acknowledgement envelope."""
        seq, prev = self.chains.get(ACKNOWLEDGEMENTS, (0, None))
        outcome = Outcome(
            stream=STREAM,
            order=Order.SUSPEND,
            refusal=refusal,
            state=Order.SUSPEND if refusal is Refusal.NONE else Order.RUN,
            epoch=self.epoch,
            last_seq=last_seq,
        )
        told = AckContent(
            unit=self.name,
            version=version,
            document=bytes([version]) * 32,
            outcomes=(outcome,),
            clock=ClockQuality.SYNCHRONISED,
            utc_ms=START_MS,
            simulated=self.simulated,
        )
        return self._link(Ack(epoch=self.epoch, stream=ACKNOWLEDGEMENTS, seq=seq, prev=prev, content=told))

    def log(self, last: int = 1, *, head: bytes = b"h" * 32) -> bytes:
        """Return the next envelope of a log head."""
        seq, prev = self.chains.get(LOGS, (0, None))
        told = LogContent(
            unit=self.name,
            last=last,
            head=head,
            first=1,
            base=disclosure.genesis(self.name),
            clock=ClockQuality.SYNCHRONISED,
            utc_ms=START_MS,
        )
        return self._link(Log(epoch=self.epoch, stream=LOGS, seq=seq, prev=prev, content=told))

    def status(self, *, session: int = 1, presence: Presence = Presence.ONLINE, **changes: Any) -> bytes:  # noqa: ANN401 - any field
        """Return a status envelope."""
        plain: dict[str, Any] = {
            "software": "lamppost 0.1.0",
            "boot_id": bytes(16),
            "uptime_ms": 1000,
            "utc_ms": START_MS,
            "clock": ClockQuality.SYNCHRONISED,
            "sensors": {"weather": "ok"},
            "suspended": {},
            "rows_waiting": 0,
            "simulated": self.simulated,
        }
        return self.sign(Status(unit=self.name, presence=presence, session=session, **(plain | changes)))

    def cited(self) -> bytes:
        """Return the hash of its declaration."""
        return hashlib.sha256(payload.content_bytes(content(self.name, simulated=self.simulated))).digest()

    def _link(self, message: Batch | Gap | Declaration | Ack | Log | Alarm) -> bytes:
        envelope = self.sign(message)
        self.chains[message.stream] = (message.seq + 1, cose.envelope_hash(envelope))
        return envelope
