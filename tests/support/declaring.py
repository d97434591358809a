"""A city whose units change their declarations."""

from dataclasses import dataclass, field
from pathlib import Path

from agent.wire import payload
from agent.wire.declared import DECLARATIONS, Declaration, DeclarationContent
from receiver.declared import Declared, Version
from receiver.store import Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import START_MS, FakeUnit

NOW_MS = START_MS + 3_600_000


@dataclass
class City:
    """A store that is fed, and read by another connection."""

    folder: Path
    unit: FakeUnit = field(init=False)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.unit = FakeUnit.make(self.folder)
        self.store = Store(self.folder / "receiver.db")

    def take(self, *envelopes: bytes, now_ms: int = NOW_MS, unit: FakeUnit | None = None) -> None:
        sender = unit or self.unit
        trusted = TrustedDevices({sender.name: sender.device()})
        self.store.commit(
            [trusted.verify_file(data, now_ms=now_ms) for data in envelopes], now_ms=now_ms, patience_ms=1000
        )

    def versions(self, unit: str | None = None) -> list[Version]:
        declared = Declared(self.folder / "receiver.db")
        try:
            return declared.versions(unit)
        finally:
            declared.close()


def declare(unit: FakeUnit, told: DeclarationContent) -> bytes:
    """Return the next declaration envelope with other content than `FakeUnit` has."""
    seq, prev = unit.chains.get(DECLARATIONS, (0, None))
    return unit._link(Declaration(epoch=unit.epoch, stream=DECLARATIONS, seq=seq, prev=prev, content=told))


def cited(told: DeclarationContent) -> bytes:
    return payload.declaration_hash(payload.content_bytes(told))
