"""Takes in messages that a person has carried: verified like those from the broker, stored like them.

In: bytes of files, the registry, the store. Out: what each message was: new, here already, another one at its place,
not believed; and which rows had arrived before in other messages. Never: a receipt: a unit gets one when it asks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from agent.wire.errors import WireError
from agent.wire.messages import Kind
from receiver.chain import State
from receiver.ledger import Chained
from receiver.store import Refusal, Store
from receiver.trusted import TrustedDevices, Verified

_GROUP: Final = 256
_FOREVER_MS: Final = 1 << 62
NEW: Final = frozenset({State.CONTIGUOUS, State.DECLARED_GAP, State.UNDECLARED_GAP})


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of the messages of one unit and stream.

    Attributes:
        states: how many were what.
        rows: rows in the new ones.
        doubled: those of them whose window had arrived before in another message.
        contradicting: those of these that say something else.
        forks: epoch and seq of messages that found another one at their place.
    """

    states: Counter[State] = field(default_factory=Counter)
    rows: int = 0
    doubled: int = 0
    contradicting: int = 0
    forks: list[tuple[bytes, int]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Messages that were not here."""
        return sum(self.states[state] for state in NEW)


@dataclass(slots=True, kw_only=True)
class Ingested:
    """Everything that was taken in: by unit and stream; `refused` by reason."""

    streams: dict[tuple[str, str], Taken] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether nothing has to be looked into."""
        return not self.refused and not any(taken.forks or taken.contradicting for taken in self.streams.values())


class Ingest:
    """Takes messages into one store."""

    def __init__(self, store: Store, trusted: TrustedDevices) -> None:
        self._store = store
        self._trusted = trusted
        self.result = Ingested()

    def take(self, envelopes: Iterable[bytes], *, name: str, now_ms: int) -> None:
        """Verify and store envelopes, a group a transaction.

        Args:
            envelopes: unverified.
            name: of the file, kept with what is refused.
            now_ms: ms since 1970.

        Raises:
            StorageError: what was not committed is not stored; taking the file again does no harm.
        """
        messages = (self._verify(data, name=name, now_ms=now_ms) for data in envelopes)
        while group := list(islice(messages, _GROUP)):
            states, _ = self._store.commit(group, now_ms=now_ms, patience_ms=_FOREVER_MS)
            for message, state in zip(group, states, strict=True):
                self._note(message, state)

    def _verify(self, data: bytes, *, name: str, now_ms: int) -> Verified | Refusal:
        try:
            verified = self._trusted.verify_file(data, now_ms=now_ms)
        except WireError as error:
            return Refusal(topic=f"file {name}", rule=type(error).__name__, reason=str(error), data=data)
        if verified.kind is Kind.STATUS:
            reason = "a status says what was so when it was sent; it is not taken from a file"
            return Refusal(topic=f"file {name}", rule="WrongPlace", reason=reason, data=data)
        return verified

    def _note(self, message: Verified | Refusal, state: State) -> None:
        if isinstance(message, Refusal):
            self.result.refused[message.reason] += 1
            return
        stream, epoch, seq = _place(message)
        taken = self.result.streams.setdefault((message.unit, stream), Taken())
        taken.states[state] += 1
        if state is State.FORK:
            taken.forks.append((epoch, seq))
        elif state in NEW:
            found = self._store.doubles(message.unit, stream, epoch=epoch, seq=seq)
            taken.rows += found.rows
            taken.doubled += found.doubled
            taken.contradicting += found.contradicting


def _place(message: Verified) -> tuple[str, bytes, int]:
    """Return where a message is in its chain: the trust rules let nothing else pass from a file."""
    if not isinstance(message.payload, Chained):
        raise TypeError(f"a message of type {message.kind} has no place in a chain")
    return message.payload.stream, message.payload.epoch, message.payload.seq


def lines(result: Ingested) -> Iterator[str]:
    """Yield what was taken in, in words."""
    for (unit, stream), taken in sorted(result.streams.items()):
        here = taken.states[State.DUPLICATE]
        yield f"{unit} {stream}: {taken.new} new messages with {taken.rows} rows, {here} were here"
        if taken.states[State.UNDECLARED_GAP]:
            yield f"  {taken.states[State.UNDECLARED_GAP]} of the new ones stand behind some that are still missing"
        if taken.doubled:
            yield f"  {taken.doubled} rows had arrived before in other messages; exports have them once"
        if taken.contradicting:
            text = "say something else: two devices have used one key, or a card was copied"
            yield f"  {taken.contradicting} of these {text}"
        for epoch, seq in taken.forks:
            yield f"  FORK at epoch {epoch.hex()} seq {seq}: another message is there; both are kept as evidence"
    for reason, count in result.refused.items():
        yield f"not believed, {count}: {reason}"
    if not result.streams and not result.refused:
        yield "no messages in these files"
