"""The receiver's store: groups of verified messages in, receipts owed out.

In: verified messages and refusals, a whole group at a time. Out: the receipts that may be sent because the group is
committed. Never: a receipt before the commit.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agent.wire.messages import Presence, Status
from receiver.chain import State
from receiver.database import Database
from receiver.epochs import later_epoch
from receiver.errors import StorageError
from receiver.ledger import Chained, Ledger
from receiver.trusted import Verified

_REJECTED_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message that was not believed: what is kept of it, and the hash of the rest."""

    topic: str
    rule: str
    reason: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Doubles:
    """Rows of one message: all of them; those that had arrived before; those of these that say something else."""

    rows: int
    doubled: int
    contradicting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A receipt that a commit has earned.

    Attributes:
        unit: who gets it.
        stream: which stream.
        epoch: of the unit's store.
        seq: last of the contiguous prefix.
        hash: of that envelope.
        resend_from: ask for everything from this seq on, or None.
        counter: grows with every receipt.
    """

    unit: str
    stream: str
    epoch: bytes
    seq: int
    hash: bytes
    resend_from: int | None
    counter: int


class Store:
    """Everything the receiver knows, in one SQLite file. Used from one thread."""

    def __init__(self, path: Path) -> None:
        """Open or create the store.

        Raises:
            StorageError: it cannot be opened, or a newer version wrote it.
        """
        self._db = Database(path)
        self._ledger = Ledger(self._db)
        with self._db.transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('receiver_epoch', ?)", (later_epoch(),))
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('counter', 0)")
        self.receiver_epoch = bytes(self._meta("receiver_epoch"))

    @property
    def instance(self) -> bytes | None:
        """The name that the receiver gave this store when it last began to work on it; None if it never has."""
        row = self._db.one("SELECT value FROM meta WHERE key = 'instance'")
        return None if row is None else bytes(row["value"])

    @property
    def counter(self) -> int:
        """The counter of the last receipt."""
        return int(self._meta("counter"))

    def begin(self, instance: bytes, *, epoch: bytes | None) -> None:
        """Give the store a new name, and begin a new receiver epoch unless that is None.

        Raises:
            StorageError: it cannot be written.
        """
        with self._db.transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('instance', ?)", (instance,))
            if epoch is not None:
                self._db.execute("UPDATE meta SET value = ? WHERE key = 'receiver_epoch'", (epoch,))
                self._db.execute("UPDATE meta SET value = 0 WHERE key = 'counter'")
        self.receiver_epoch = bytes(self._meta("receiver_epoch"))

    def ask_again(self) -> list[Owed]:
        """Return a receipt for every chain that asks for whatever comes behind it.

        Raises:
            StorageError: the counter cannot be written.
        """
        found = []
        with self._db.transaction():
            for head in self._db.execute("SELECT * FROM chain WHERE head_hash IS NOT NULL ORDER BY id").fetchall():
                self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'counter'")
                found.append(
                    Owed(
                        unit=head["unit"],
                        stream=head["stream"],
                        epoch=head["epoch"],
                        seq=head["next_seq"] - 1,
                        hash=head["head_hash"],
                        resend_from=head["next_seq"],
                        counter=int(self._meta("counter")),
                    )
                )
        return found

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def commit(
        self, messages: Iterable[Verified | Refusal], *, now_ms: int, patience_ms: int
    ) -> tuple[list[State], list[Owed]]:
        """Store a group of messages in one transaction; return each one's state, and the receipts now owed.

        Args:
            messages: in order of arrival.
            now_ms: ms since 1970.
            patience_ms: an undeclared hole that has been asked for this long is given up and recorded as such.

        Raises:
            StorageError: nothing of the group is stored.
        """
        touched: dict[int, None] = {}
        with self._db.transaction():
            states = [self._take(message, touched, now_ms) for message in messages]
            wanted, self._ledger.wanted = self._ledger.wanted, set()
            owed = [
                self._owe(chain, ask=chain in wanted, now_ms=now_ms, patience_ms=patience_ms)
                for chain in dict.fromkeys([*touched, *wanted])
            ]
        return states, [receipt for receipt in owed if receipt is not None]

    def doubles(self, unit: str, stream: str, *, epoch: bytes, seq: int) -> Doubles:
        """Return how many rows of a stored message there are, and how many of them had arrived before."""
        row = self._db.one(
            "SELECT (SELECT count(*) FROM row WHERE row.chain = chain.id AND seq = ?4),"
            " (SELECT count(*) FROM doubled WHERE doubled.chain = chain.id AND seq = ?4),"
            " (SELECT count(*) FROM doubled WHERE doubled.chain = chain.id AND seq = ?4 AND NOT same)"
            " FROM chain WHERE unit = ?1 AND stream = ?2 AND epoch = ?3",
            (unit, stream, epoch, seq),
        )
        return Doubles(*row) if row is not None else Doubles(0, 0, 0)

    def _take(self, message: Verified | Refusal, touched: dict[int, None], now_ms: int) -> State:
        if isinstance(message, Refusal):
            return self._reject(message, now_ms)
        if isinstance(message.payload, Status):
            return self._note_status(message, message.payload, now_ms)
        if not isinstance(message.payload, Chained):
            raise TypeError(f"the trust rules let no {message.kind} pass")
        chain, state = self._ledger.place(message, message.payload, now_ms=now_ms)
        touched[chain] = None
        return state

    def _note_status(self, message: Verified, status: Status, now_ms: int) -> State:
        """Keep a unit's last word about itself: not a will that comes after the next session has begun."""
        known = self._db.one("SELECT session FROM status WHERE unit = ?", (message.unit,))
        online = status.presence is Presence.ONLINE
        if known is not None and not online and status.session < known["session"]:
            return State.DUPLICATE
        row = (message.unit, now_ms, status.session, online, message.data)
        self._db.execute("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?, ?)", row)
        return State.CONTIGUOUS

    def _owe(self, chain: int, *, ask: bool, now_ms: int, patience_ms: int) -> Owed | None:
        """Return the receipt for a chain as it stands, or None while nothing of it is contiguous."""
        beyond = self._db.one(
            "SELECT min(seq) AS seq, min(received_ms) AS since FROM envelope WHERE chain = ?"
            " AND seq >= (SELECT next_seq FROM chain WHERE id = ?)",
            (chain, chain),
        )
        head = self._db.one("SELECT * FROM chain WHERE id = ?", (chain,))
        if beyond is None or head is None:
            raise StorageError(f"chain {chain} has vanished")
        waiting = beyond["seq"] is not None
        if waiting and now_ms - beyond["since"] >= patience_ms:
            self._ledger.give_up(chain, first=head["next_seq"], last=beyond["seq"] - 1, now_ms=now_ms)
            return self._owe(chain, ask=ask, now_ms=now_ms, patience_ms=patience_ms)
        if head["head_hash"] is None:
            return None
        self._db.execute("UPDATE meta SET value = value + 1 WHERE key = 'counter'")
        return Owed(
            unit=head["unit"],
            stream=head["stream"],
            epoch=head["epoch"],
            seq=head["next_seq"] - 1,
            hash=head["head_hash"],
            resend_from=head["next_seq"] if waiting else 0 if ask else None,
            counter=int(self._meta("counter")),
        )

    def _reject(self, refusal: Refusal, now_ms: int) -> State:
        cursor = self._db.execute(
            "INSERT INTO rejected (received_ms, topic, rule, reason, bytes, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (
                now_ms,
                refusal.topic,
                refusal.rule,
                refusal.reason,
                len(refusal.data),
                hashlib.sha256(refusal.data).digest(),
            ),
        )
        self._db.execute("DELETE FROM rejected WHERE id <= ?", ((cursor.lastrowid or 0) - _REJECTED_KEPT,))
        return State.UNTRUSTED

    def _meta(self, key: str) -> bytes:
        row = self._db.one("SELECT value FROM meta WHERE key = ?", (key,))
        if row is None:
            raise StorageError(f"the store has no {key}")
        value: bytes = row["value"]
        return value
