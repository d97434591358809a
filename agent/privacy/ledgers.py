"""The budget ledgers of all streams, in one export: what the outbox commits together with the rows.

In: each stream's budget; what an earlier process exported. Out: a ledger for each stream, and bytes to be stored.
Never: a clock, a file, a stream that is trusted because nothing is known of it.

The stored form is the SHA-256 of the rest in hexadecimal, a line feed, and a JSON object: the version, and for each
stream the start of its last window, what was spent on that UTC day as a fraction, and whether the ledger was missing
on it. Whatever is not exactly that counts as damaged, and everything in it as missing. The checksum finds accidents,
not forgers: who can write to the store can also read what is in it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from agent.privacy.ledger import FINEST, LATEST_MS, MOST_TERM, Account, Budget, Ledger
from agent.privacy.spec import Noise, StreamSpec

MOST_STREAMS: Final = 256
"""How many streams are remembered, those that are not configured any more included."""
MOST_BYTES: Final = 2**17
"""No export is longer: names have at most 64 characters."""
_VERSION: Final = 1
_MOST_NAME: Final = 64
_FIELDS: Final = 4


def budget_of(noise: Noise) -> Budget:
    """Return what a stream with noise may spend."""
    return Budget(epsilon=noise.epsilon, daily=noise.daily)


def budgets_of(specs: Iterable[StreamSpec]) -> dict[str, Budget]:
    """Return the budgets of the streams that have noise."""
    return {spec.name: budget_of(spec.noise) for spec in specs if spec.noise is not None}


class Found(Enum):
    """What became of the ledgers that an earlier process stored."""

    SOUND = "sound"
    ABSENT = "absent"
    DAMAGED = "damaged"


class Ledgers:
    """The ledgers of all streams that have a budget.

    Streams that are not configured any more stay remembered, so that taking one out and putting it back gives it no
    second budget. When there are too many, the oldest are forgotten, and are missing when they come back.

    Args:
        budgets: of each stream, as the configuration says now.
        saved: what `export` returned; None when nothing was found.

    Attributes:
        found: what became of `saved`; unless it was sound, every stream is suppressed until the next UTC day.

    Raises:
        ValueError: more streams than can be remembered, or a name that is too long.
    """

    def __init__(self, budgets: Mapping[str, Budget], saved: bytes | None = None) -> None:
        if len(budgets) > MOST_STREAMS or any(len(stream) > _MOST_NAME for stream in budgets):
            raise ValueError(
                f"a unit has at most {MOST_STREAMS} streams, with names of at most {_MOST_NAME} characters"
            )
        accounts = None if saved is None else _read(saved)
        self.found = Found.ABSENT if saved is None else Found.DAMAGED if accounts is None else Found.SOUND
        known = accounts or {}
        self._ledgers = {stream: Ledger(budget, known.get(stream)) for stream, budget in budgets.items()}
        others = [stream for stream in known if stream not in budgets]
        others.sort(key=lambda stream: known[stream].last_ms or 0, reverse=True)
        self._others = {stream: known[stream] for stream in others[: MOST_STREAMS - len(budgets)]}

    def of(self, stream: str) -> Ledger:
        """Return a stream's ledger; what it spends is in the next export.

        Raises:
            KeyError: the stream has no budget.
        """
        return self._ledgers[stream]

    def export(self) -> bytes:
        """Return what is known, to be stored in the transaction of the rows that were granted."""
        accounts = self._others | {stream: ledger.account for stream, ledger in self._ledgers.items()}
        streams = {
            stream: (account.last_ms, *account.spent.as_integer_ratio(), account.missing)
            for stream, account in sorted(accounts.items())
        }
        body = json.dumps({"version": _VERSION, "streams": streams}, separators=(",", ":")).encode()
        return _checksum(body) + b"\n" + body


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(b"lamppost budgets" + body).hexdigest().encode()


def _read(saved: bytes) -> dict[str, Account] | None:
    """Return the account of each stream; None if anything at all is not as `export` writes it."""
    checksum, _, body = saved.partition(b"\n")
    if len(saved) > MOST_BYTES or checksum != _checksum(body):
        return None
    try:
        return _accounts(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _accounts(document: Any) -> dict[str, Account]:  # noqa: ANN401 - JSON
    _must(type(document) is dict and document.keys() == {"version", "streams"})
    version, streams = document["version"], document["streams"]
    _must(type(version) is int and version == _VERSION and type(streams) is dict and len(streams) <= MOST_STREAMS)
    _must(all(len(stream) <= _MOST_NAME for stream in streams))
    return {stream: _account(fields) for stream, fields in streams.items()}


def _account(fields: Any) -> Account:  # noqa: ANN401 - JSON
    _must(type(fields) is list and len(fields) == _FIELDS)
    last_ms, numerator, denominator, missing = fields
    _must(type(numerator) is int and type(denominator) is int and type(missing) is bool)
    _must(1 <= denominator <= FINEST and 0 <= numerator <= MOST_TERM * denominator)
    if last_ms is None or missing:
        _must(missing and numerator == 0)
    _must(last_ms is None or (type(last_ms) is int and 0 <= last_ms < LATEST_MS))
    return Account(last_ms=last_ms, spent=Fraction(numerator, denominator), missing=missing)


def _must(holds: bool) -> None:  # noqa: FBT001 - the condition is the point
    if not holds:
        raise ValueError("not a ledger that this version wrote")
