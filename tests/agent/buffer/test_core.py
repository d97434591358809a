"""The outbox in lockstep with a model of what it promises: whatever happens, each row arrives once or is counted."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.buffer import files
from agent.buffer.core import Core
from agent.buffer.errors import StoreDamaged
from agent.buffer.eviction import Room
from agent.buffer.records import Limits, Outgoing, ReceiptOutcome
from agent.buffer.rows import encode_row
from agent.buffer.wal import wal_path
from agent.buffer.work import Reception, Rows, Work
from agent.privacy.released import Released
from agent.wire.entries import EnvelopeEntry, LostEntry
from agent.wire.excerpt import Numbered, verify
from tests.support.disclosures import log_in
from tests.support.outbox import (
    CLOCK,
    DECLARATION,
    DIGEST,
    RECEIVER,
    ReadableMaker,
    parsed,
    row,
    setup_at,
)

LIMITS = Limits(max_bytes=160 << 10, free_floor_bytes=0, loss_window_s=0)
OPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["air", "noise", "break", "flood", "seal", "partial", "send", "receipt", "resend", "kill", "open"]
        ),
        st.integers(1, 40),
    ),
    max_size=40,
)


def _rows(released: list[Released], *, clock: bytes = CLOCK, declaration: bytes = DIGEST) -> Rows:
    data = [encode_row(one.values, one.quality) for one in released]
    return Rows(rows=released, data=data, declaration=declaration, clock=clock, completes=False)


@dataclass
class City:
    """A receiver: keeps what arrives, refuses forks, knows the contiguous prefix."""

    got: dict[tuple[str, str], dict[int, bytes]] = field(default_factory=dict)

    def take(self, envelope: Outgoing) -> None:
        said = parsed(envelope)
        chain = self.got.setdefault((said["stream"], said["epoch"]), {})
        assert chain.setdefault(said["seq"], envelope.data) == envelope.data, "a seq was given twice"

    def prefix(self, chain: dict[int, bytes]) -> int:
        void = {
            seq
            for said in map(_said, chain.values())
            if said["kind"] == "gap" and said["sealed"]
            for seq in range(said["sealed"][0], said["sealed"][1] + 1)
        }
        seq = -1
        while seq + 1 in chain or seq + 1 in void:
            seq += 1
        while seq >= 0 and seq not in chain:
            seq -= 1  # a receipt names an envelope whose hash the receiver has
        return seq

    def rows(self) -> list[tuple[str, int]]:
        return [
            (said["stream"], start)
            for chain in self.got.values()
            for said in map(_said, chain.values())
            if said["kind"] == "batch"
            for start, _, _ in said["rows"]
        ]

    def lost(self) -> int:
        return sum(
            said["count"]
            for chain in self.got.values()
            for said in map(_said, chain.values())
            if said["kind"] == "gap"
        )

    def check_chains(self) -> None:
        for chain in self.got.values():
            for seq, data in chain.items():
                if seq - 1 in chain:
                    assert _said(data)["prev"] == sha256(chain[seq - 1]).hexdigest()


def _said(data: bytes) -> dict[str, Any]:
    return parsed(Outgoing(row_id=0, stream="", epoch=b"", seq=0, lane="live", data=data))  # type: ignore[arg-type]  # only data is read


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


class Lockstep:
    """One outbox, its files, and a city."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives = 0
        self.core = Core(setup_at(self.path, limits=LIMITS))
        self.core.transact(Work(declarations=[DECLARATION]))
        self.city = City()
        self.next = {"air": 0, "noise": 0}
        self.offered = 0
        self.sent = 0
        self.log: dict[int, Numbered] = {}

    @property
    def path(self) -> Path:
        return self.folder / f"life-{self.lives}.db"

    def do(self, op: str, number: int) -> None:
        getattr(self, f"_{op}")(number)
        assert self.core.stats().bytes_used <= LIMITS.max_bytes
        self._check_log()

    def _check_log(self) -> None:
        """The log's chain holds, no entry ever changes, and what can leave is in it."""
        log = log_in(self.core)
        assert verify(log.header, log.entries).complete
        for numbered in log.entries:
            assert self.log.setdefault(numbered.number, numbered) == numbered
        sealed = {entry.hash for numbered in self.log.values() if isinstance(entry := numbered.entry, EnvelopeEntry)}
        waiting = self.core.outgoing(after=0, limit=10_000, max_bytes=1 << 30, lane=None)
        assert {_hash(envelope.data) for envelope in waiting} <= sealed

    def _append(self, stream: str, count: int) -> None:
        released = [row(self.next[stream] + index, stream=stream) for index in range(count)]
        self.next[stream] += count
        self.offered += count
        done = self.core.transact(Work(rows=[_rows(released)]))
        assert len(done.stored) <= count

    def _air(self, number: int) -> None:
        self._append("air", number)

    def _noise(self, number: int) -> None:
        self._append("noise", number)

    def _break(self, number: int) -> None:
        self.next["air"] += number

    def _flood(self, number: int) -> None:
        for _ in range(number // 4):
            self._append("air" if number % 2 else "noise", 100)

    def _seal(self, _number: int) -> None:
        self.core.transact(Work(seal=True))

    def _partial(self, _number: int) -> None:
        self.core.transact(Work(seal=True, partial=True))

    def _send(self, number: int) -> None:
        for envelope in self.core.outgoing(after=0, limit=number, max_bytes=1 << 20, lane=None):
            self.city.take(envelope)
            self.sent += 1

    def _receipt(self, _number: int) -> None:
        for (stream, epoch), chain in self.city.got.items():
            seq = self.city.prefix(chain)
            if seq >= 0:
                self._take(
                    Reception(
                        stream=stream, epoch=bytes.fromhex(epoch), seq=seq, hash=_hash(chain[seq]), receiver=RECEIVER
                    )
                )

    def _resend(self, _number: int) -> None:
        """Have the city forget what it has not receipted, and ask for it."""
        for (stream, epoch), chain in self.city.got.items():
            seq = self.city.prefix(chain)
            if seq >= 0:
                for beyond in [beyond for beyond in chain if beyond > seq]:
                    del chain[beyond]
                digest = _hash(chain[seq])
                reception = Reception(
                    receiver=RECEIVER,
                    stream=stream,
                    epoch=bytes.fromhex(epoch),
                    seq=seq,
                    hash=digest,
                    resend_from=seq + 1,
                )
                self._take(reception)

    def _take(self, reception: Reception) -> None:
        outcome = self.core.judge(reception)
        assert outcome is not ReceiptOutcome.UNKNOWN
        if outcome is not ReceiptOutcome.DUPLICATE:
            self.core.transact(Work(receipts=[reception]))

    def _kill(self, _number: int) -> None:
        """Go on with the files as a killed process leaves them."""
        before = self.path
        self.lives += 1
        shutil.copy(before, self.path)
        shutil.copy(wal_path(before), wal_path(self.path))
        epoch = self.core.epoch
        self.core.close()
        self.core = Core(setup_at(self.path, limits=LIMITS))
        assert self.core.epoch == epoch

    def _open(self, _number: int) -> None:
        self.core.close()
        self.core = Core(setup_at(self.path, limits=LIMITS))

    def finish(self) -> None:
        """Deliver everything."""
        for _ in range(500):
            self._partial(0)
            before = self.sent
            self._send(1000)
            self._receipt(0)
            if before == self.sent:
                break
            self._check_log()
        stats = self.core.stats()
        assert (stats.rows_waiting, stats.envelopes_waiting) == (0, 0)
        entries = [numbered.entry for _, numbered in sorted(self.log.items())]
        assert len(entries) == max(self.log)
        assert sum(entry.count for entry in entries if isinstance(entry, LostEntry)) == self.city.lost()
        self.core.close()


@settings(max_examples=40, deadline=None)
@given(OPS)
def test_outbox_after_any_history_has_delivered_each_row_once_or_counted_it(ops: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        lockstep = Lockstep(Path(folder))
        for op, number in ops:
            lockstep.do(op, number)
        lockstep.finish()
        rows = lockstep.city.rows()
        assert len(rows) == len(set(rows))
        assert len(rows) + lockstep.city.lost() >= lockstep.offered
        lockstep.city.check_chains()


def _core(folder: Path, **changes: Any) -> Core:  # noqa: ANN401 - fields of `Setup`
    return Core(replace(setup_at(folder / "outbox.db", limits=LIMITS), **changes))


def test_transaction_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    maker = ReadableMaker()
    core = _core(tmp_path, maker=maker)
    core.transact(Work(rows=[_rows([row(index) for index in range(10)])]))
    maker.fail = ValueError("a batch that cannot be sealed")
    with pytest.raises(ValueError, match="sealed"):
        core.transact(Work(rows=[_rows([row(10)])], seal=True, counters={"a": b"1"}))
    assert core.stats().rows_waiting == 10
    assert core.load_counter("a") is None
    done = core.transact(Work(rows=[_rows([row(10)])], seal=True))
    assert (done.stored[0][1], done.sealed) == (11, 1)
    core.close()


def test_commit_stands_whatever_is_found_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was committed must not be done again: neither over a salvaged store nor because a file cannot go."""
    core = _core(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Room, "spare_pages", lambda _room: 1)
        patch.setattr(files, "drop_oldest_aside", _raising(PermissionError("read-only")))
        assert len(core.transact(Work(rows=[_rows([row(0)])])).stored) == 1
        patch.setattr(Room, "spare_pages", _raising(StoreDamaged("a page")))
        assert len(core.transact(Work(rows=[_rows([row(1)])])).stored) == 1
    with pytest.raises(StoreDamaged):
        core.transact(Work(rows=[_rows([row(2)])]))
    core.recover()
    core.transact(Work(rows=[_rows([row(2)])]))
    assert core.stats().rows_waiting == 3
    core.close()


def _raising(error: Exception) -> Callable[..., int]:
    def raises(*_: object) -> int:
        raise error

    return raises


def test_row_numbers_go_on_after_everything_was_sealed_and_the_store_reopened(tmp_path: Path) -> None:
    core = _core(tmp_path)
    core.transact(Work(rows=[_rows([row(0)])], seal=True, partial=True))
    core.close()
    core = _core(tmp_path)
    assert core.transact(Work(rows=[_rows([row(1)])])).stored[0][1] == 2
    core.close()


@pytest.mark.parametrize(
    ("change", "batches"),
    [
        ({}, 1),
        ({"declaration": sha256(b"other").digest()}, 2),
        ({"clock": b"\x01"}, 2),
        ({"clock": b"\x00later"}, 1),
        ({"boot_id": bytes(16)}, 2),
        ({"step_ms": 2000}, 2),
        ({"skip": 1}, 2),
    ],
    ids=["same", "declaration", "clock-group", "clock", "boot", "step", "hole"],
)
def test_batch_holds_rows_that_share_everything_and_are_consecutive(
    tmp_path: Path, change: dict[str, Any], batches: int
) -> None:
    core = _core(tmp_path)
    core.transact(Work(rows=[_rows([row(0), row(1)])]))
    index = 2 + change.pop("skip", 0)
    common = {key: change.pop(key) for key in ("declaration", "clock") if key in change}
    start_ms = row(index).start_ms
    later = [row(index, start_ms=start_ms, **change)]
    core.transact(Work(rows=[_rows(later, **common)], seal=True, partial=True))
    said = [parsed(e) for e in core.outgoing(after=0, limit=99, max_bytes=1 << 20, lane=None)]
    assert len(said) == batches
    assert sum(len(batch["rows"]) for batch in said) == 3
    assert said[-1]["clock"] == common.get("clock", CLOCK).hex()
    core.close()
