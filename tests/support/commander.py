"""The city as it gives orders to a unit, and the unit's line on which their effect shows.

`City` signs control documents and publishes them, retained. `Wire` sits in a `Tap`: it knows when each document
reached the unit, each PUBLISH of the unit with its stream and seq, and each signed answer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import aiomqtt

from agent.wire import cose, keyfile, payload
from agent.wire.cose import Signer
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind
from agent.wire.orders import Ack, AckContent, Command, Control, Order, Outcome, Role
from tests.support.evidence import opened
from tests.support.rig import Rig, Unit
from tests.support.tap import PUBACK, PUBLISH, Connection, Seen, Tap

YEAR_MS = 31_536_000_000


def city_keys(folder: Path) -> dict[Role, SigningKey]:
    """Return a new key for each role."""
    folder.mkdir(parents=True, exist_ok=True)
    return {role: keyfile.generate(folder / f"{role.value}.key") for role in Role}


@dataclass(frozen=True, slots=True)
class Document:
    """A signed control document.

    Attributes:
        data: its envelope.
        version: its version.
    """

    data: bytes
    version: int

    @property
    def digest(self) -> bytes:
        """What an answer names it by."""
        return sha256(self.data).digest()


@dataclass
class City:
    """Gives orders to units.

    Attributes:
        keys: one for each role.
        versions: the highest version that was given to each unit.
    """

    rig: Rig
    keys: Mapping[Role, SigningKey]
    versions: dict[str, int] = field(default_factory=dict)

    def document(
        self,
        unit: str,
        stream: str | None,
        *orders: Order,
        role: Role = Role.PRIVACY,
        key: Signer | None = None,
        version: int | None = None,
        expires_ms: int | None = None,
    ) -> Document:
        """Return a signed document; without a version it is one above all before, and that is remembered."""
        if version is None:
            version = self.versions[unit] = self.versions.get(unit, 0) + 1
        content = Control(
            unit=unit,
            version=version,
            issued_ms=time.time_ns() // 1_000_000 - 1000,
            expires_ms=expires_ms,
            reference=f"2026-{version}",
            authority="Office of Proofs",
            commands=tuple(Command(stream=stream, order=order) for order in orders),
        )
        return Document(cose.sign(payload.encode(content), kind=Kind.CONTROL, signer=key or self.keys[role]), version)

    async def publish(self, unit: str, document: Document) -> None:
        """Give a document to the broker, retained."""
        async with aiomqtt.Client("127.0.0.1", self.rig.broker.port) as client:
            await client.publish(f"lamppost/1/{unit}/control", document.data, qos=1, retain=True)

    async def send(self, document: Document, *, wait_s: float = 20.0) -> tuple[int, str]:
        """Do the same with `lamppost-receiver control send`, and wait for the answer."""
        home = self.rig.receiver.folder
        file = home / f"order-{document.digest.hex()[:16]}.cose"
        file.write_bytes(document.data)
        chosen = ("--wait", f"{wait_s:g}", "--devices", home / "devices.toml")
        return await self.rig.receiver.command("control", "send", file, home / "receiver.toml", *chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An envelope of the unit whose last byte passed the tap at `at_s`."""

    at_s: float
    stream: str
    epoch: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed acknowledgement, and when its last byte passed the tap."""

    at_s: float
    content: AckContent

    def outcomes(self, stream: str) -> list[Outcome]:
        """Return what became of the orders for a stream."""
        return [outcome for outcome in self.content.outcomes if outcome.stream == stream]


class Wire:
    """Everything between one unit and its broker. Times are monotonic.

    Attributes:
        passed: every envelope that the unit published, in order.
        answers: every acknowledgement among them.
        reached: when each document first reached the unit, by its hash.
        keep_pubacks: the broker's PUBACKs do not get through; `answer_one` and `answer_all` give them in its name.
    """

    def __init__(self, unit: Unit, tap: Tap) -> None:
        self.unit = unit
        self.tap = tap
        self.passed: list[Passed] = []
        self.answers: list[Answer] = []
        self.reached: dict[bytes, float] = {}
        self.keep_pubacks = False
        self._kept: list[tuple[Connection, int]] = []
        tap.gate = self._gate

    def _gate(self, seen: Seen) -> bool:
        if seen.kind == PUBLISH and seen.to_broker and not seen.topic.endswith("/status"):
            self._note(seen.payload)
        elif seen.kind == PUBLISH and seen.topic.endswith("/control"):
            self.reached.setdefault(sha256(seen.payload).digest(), time.monotonic())
        elif seen.kind == PUBACK and not seen.to_broker and self.keep_pubacks:
            self._kept.append((seen.connection, seen.mid))
            return False
        return True

    def _note(self, data: bytes) -> None:
        now_s = time.monotonic()
        content = opened(data, self.unit.key.public)
        self.passed.append(
            Passed(at_s=now_s, stream=content.stream, epoch=content.epoch, seq=content.seq)  # type: ignore[union-attr]  # whatever a unit publishes here has a place
        )
        if isinstance(content, Ack):
            self.answers.append(Answer(now_s, content.content))

    @property
    def kept(self) -> int:
        """How many PUBACKs were kept back on the connections there are."""
        return sum(connection in self.tap.connections for connection, _ in self._kept)

    def answer_one(self) -> None:
        """Give the oldest PUBACK that was kept back."""
        if self._kept:
            connection, mid = self._kept.pop(0)
            if connection in self.tap.connections:
                connection.puback(mid)

    def answer_all(self) -> None:
        """Give every PUBACK that was kept back, and let them pass again."""
        while self._kept:
            self.answer_one()
        self.keep_pubacks = False

    def of(self, stream: str, *, since_s: float = 0.0) -> Sequence[Passed]:
        """Return what was published of a stream since then."""
        return [one for one in self.passed if one.stream == stream and one.at_s > since_s]

    def highest(self, stream: str, epoch: bytes) -> int | None:
        """Return the highest seq that was ever published of a stream and epoch."""
        return max((one.seq for one in self.passed if (one.stream, one.epoch) == (stream, epoch)), default=None)

    def answer(self, document: Document, *, since_s: float = 0.0) -> Answer | None:
        """Return the first answer to a document, None while there is none."""
        found = (one for one in self.answers if one.content.document == document.digest and one.at_s > since_s)
        return next(found, None)


def has_open(unit: Unit, sensor: str) -> bool:
    """Return whether the agent has a sensor's port open, as the kernel says."""
    assert unit.process is not None
    port = unit.link(sensor).resolve()
    folder = Path(f"/proc/{unit.process.pid}/fd")
    return any(path.readlink() == port for path in folder.iterdir() if path.is_symlink())
