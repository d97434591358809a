"""Which envelopes are under way, which may be sent next, and which must be sent again.

In: what the outbox still holds, PUBACKs. Out: what to send. Never: does I/O, reads a clock, keeps an envelope's
bytes.

An envelope is *in flight* from its publish until its PUBACK, and *ahead* until the outbox no longer has it: by
receipt, or in broker mode by `accepted`. Each lane may fill a part of both windows only, so that a stuck backlog
never keeps control and live data waiting.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from agent.buffer.records import Lane, Outgoing
from agent.uplink.problems import FAILURE, NO_SUBSCRIBERS
from agent.uplink.settings import Delivery, UplinkSettings

_NS: Final = 1_000_000_000
_ORDER: Final[Mapping[Lane, int]] = MappingProxyType({lane: place for place, lane in enumerate(Lane)})
_SHARES: Final[Mapping[Lane, int]] = MappingProxyType(
    {Lane.CONTROL: 100, Lane.ALARM: 98, Lane.LIVE: 94, Lane.BACKLOG: 75}
)
"""Per cent of the envelopes ahead after which a lane waits."""


@dataclass(slots=True)
class _Ahead:
    """An envelope that was sent and is still in the outbox."""

    stream: str
    lane: Lane
    size: int
    tries: int = 0
    mid: int | None = None
    due_ns: int = 0


@dataclass(slots=True)
class _Block:
    """A stream whose envelope was refused."""

    until_ns: int
    wait_ns: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a PUBACK meant.

    Attributes:
        row_id: the envelope.
        stream: its stream.
        code: the broker's reason code.
        refused: the broker did not take it, or (broker mode) nobody subscribed to it.
        delivered: nothing more is to be waited for (broker mode).
    """

    row_id: int
    stream: str
    code: int
    refused: bool
    delivered: bool


@dataclass(slots=True)
class Window:
    """The envelopes under way over one uplink, across its sessions.

    Attributes:
        settings: sizes and deadlines.
        capacity: publishes in flight, which a broker may set lower.
        resent: envelopes sent again, since the start.
        last_seqs: the highest seq that was sent of each stream and epoch, since the start.
    """

    settings: UplinkSettings
    capacity: int = 0
    resent: int = 0
    last_seqs: dict[tuple[str, bytes], int] = field(default_factory=dict)
    _ahead: dict[int, _Ahead] = field(default_factory=dict)
    _mids: dict[int, tuple[int, int]] = field(default_factory=dict)  # packet id -> row id, when sent
    _blocked: dict[str, _Block] = field(default_factory=dict)

    def begin_session(self, now_ns: int, *, receive_maximum: int) -> None:
        """Forget what was in flight: everything ahead is due at once, in a session that has not sent anything.

        A try whose wait the end of its session cut short says nothing of the receiver, and does not count.
        """
        # One place is left for the unit's status, which is not in this window.
        self.capacity = max(1, min(self.settings.in_flight, receive_maximum - 1))
        self._mids.clear()
        for entry in self._ahead.values():
            if entry.mid is not None or entry.due_ns > now_ns:
                entry.tries -= 1
            entry.mid = None
            entry.due_ns = now_ns

    @property
    def in_flight(self) -> int:
        """Publishes without a PUBACK."""
        return len(self._mids)

    @property
    def ahead(self) -> int:
        """Envelopes sent and still in the outbox."""
        return len(self._ahead)

    @property
    def ahead_bytes(self) -> int:
        """Size of those."""
        return sum(entry.size for entry in self._ahead.values())

    @property
    def room(self) -> int:
        """How many more may be put in flight."""
        return max(0, self.capacity - self.in_flight)

    @property
    def tight(self) -> bool:
        """Whether receipts are what holds the backlog back."""
        return not self._admits(Lane.BACKLOG)

    @property
    def open(self) -> bool:
        """Whether a live envelope that is not yet sealed could be sent."""
        return self.room > 0 and self._admits(Lane.LIVE)

    def reconcile(self, rows: Sequence[Outgoing], *, complete: bool, now_ns: int) -> int:
        """Forget what the outbox no longer has; returns how many.

        Args:
            rows: what it has, by lane and row id.
            complete: nothing follows after `rows`.
            now_ns: monotonic time.
        """
        present = {row.row_id for row in rows}
        last = (_ORDER[rows[-1].lane], rows[-1].row_id) if rows and not complete else None
        gone = [
            row_id
            for row_id, entry in self._ahead.items()
            if row_id not in present and (complete or (last is not None and (_ORDER[entry.lane], row_id) < last))
        ]
        for row_id in gone:
            del self._ahead[row_id]  # a PUBACK that is still to come keeps its place in flight
        if gone:
            # The receiver lives: what waited longer because it did not is due sooner.
            soon_ns = now_ns + int(self.settings.timing.receipt_s * _NS)
            for entry in self._ahead.values():
                entry.due_ns = min(entry.due_ns, soon_ns)
        return len(gone)

    def choose(self, rows: Sequence[Outgoing], now_ns: int) -> Iterator[Outgoing]:
        """Yield what to send now, in order; the caller calls `sent` before it takes the next one."""
        for row in rows:
            if self.room == 0:
                return
            entry = self._ahead.get(row.row_id)
            if entry is None:
                if self._admits(row.lane) and not self._is_blocked(row.stream, now_ns):
                    yield row
            elif entry.mid is None and entry.due_ns <= now_ns and not self._is_blocked(row.stream, now_ns):
                yield row

    def unsent(self, rows: Sequence[Outgoing], lane: Lane) -> Iterator[Outgoing]:
        """Yield those of a lane that have not been sent yet."""
        return (row for row in rows if row.lane is lane and row.row_id not in self._ahead)

    def hidden(self, rows: Sequence[Outgoing], now_ns: int) -> int:
        """Return how many of `rows` cannot be sent now and may hide others behind them."""
        return sum(1 for row in rows if row.row_id in self._ahead or self._is_blocked(row.stream, now_ns))

    def sent(self, row: Outgoing, *, mid: int, now_ns: int) -> None:
        """Put an envelope in flight under a packet id."""
        entry = self._ahead.get(row.row_id)
        if entry is None:
            entry = self._ahead[row.row_id] = _Ahead(row.stream, row.lane, len(row.data))
        else:
            self.resent += 1
        entry.tries += 1
        entry.mid = mid
        place = (row.stream, row.epoch)
        self.last_seqs[place] = max(row.seq, self.last_seqs.get(place, 0))
        self._mids[mid] = (row.row_id, now_ns)

    def acknowledged(self, mid: int, code: int, *, now_ns: int) -> Acknowledged | None:
        """Take a PUBACK; returns None when it is for none of the envelopes."""
        row_id, _ = self._mids.pop(mid, (None, 0))
        entry = None if row_id is None else self._ahead.get(row_id)
        if row_id is None or entry is None:
            return None
        entry.mid = None
        broker_mode = self.settings.delivery is Delivery.BROKER
        refused = code >= FAILURE or (broker_mode and code == NO_SUBSCRIBERS)
        delivered = broker_mode and not refused
        if refused or delivered:
            del self._ahead[row_id]
        if refused:
            self._block(entry.stream, now_ns)
        else:
            self._blocked.pop(entry.stream, None)
            entry.due_ns = now_ns + self._receipt_wait_ns(entry.tries, unheard=code == NO_SUBSCRIBERS)
        return Acknowledged(row_id, entry.stream, code, refused, delivered)

    def refuse(self, stream: str, now_ns: int) -> None:
        """Hold a stream back: its next envelope cannot be sent."""
        self._block(stream, now_ns)

    def oldest_in_flight_ns(self) -> int | None:
        """Return when the oldest publish without a PUBACK was sent."""
        return min((sent_ns for _, sent_ns in self._mids.values()), default=None)

    def next_due_ns(self, since_ns: int) -> int | None:
        """Return when the first thing that waits for time becomes due, of those that were not yet at `since_ns`."""
        waits = [block.until_ns for block in self._blocked.values()]
        for entry in self._ahead.values():
            if entry.mid is None:
                block = self._blocked.get(entry.stream)
                waits.append(max(entry.due_ns, block.until_ns if block else 0))
        return min((at_ns for at_ns in waits if at_ns > since_ns), default=None)

    @property
    def blocked(self) -> tuple[str, ...]:
        """Streams that were refused and have not been accepted since."""
        return tuple(sorted(self._blocked))

    def _admits(self, lane: Lane) -> bool:
        return len(self._ahead) < max(1, self.settings.ahead * _SHARES[lane] // 100)

    def _is_blocked(self, stream: str, now_ns: int) -> bool:
        block = self._blocked.get(stream)
        return block is not None and block.until_ns > now_ns

    def _block(self, stream: str, now_ns: int) -> None:
        timing = self.settings.timing
        block = self._blocked.get(stream)
        if block is None:
            wait_ns = int(timing.refusal_s * _NS)
        elif block.until_ns > now_ns:
            return  # several of one stream were in flight: they are one refusal
        else:
            wait_ns = min(block.wait_ns * 2, int(timing.refusal_max_s * _NS))
        self._blocked[stream] = _Block(now_ns + wait_ns, wait_ns)

    def _receipt_wait_ns(self, tries: int, *, unheard: bool) -> int:
        """Return how long to wait for a receipt; not as long at first when nobody was there to give one."""
        timing = self.settings.timing
        first_s = timing.unheard_s if unheard else timing.receipt_s
        wait_s = min(timing.receipt_max_s, first_s * float(1 << min(tries - 1, 32)))
        return int(wait_s * _NS)
