"""What units have answered: acknowledgements of control documents, and signed heads of disclosure logs.

In: a store opened for reading. Out: values. Never: a change.
"""

from dataclasses import dataclass
from pathlib import Path

from agent.wire import payload
from agent.wire.orders import AckContent, LogContent
from receiver.database import Database, Row

LATEST = "SELECT * FROM ack WHERE unit = ? AND version = ? ORDER BY chain DESC, seq DESC LIMIT 1"
NEWEST_FIRST = "SELECT * FROM ack WHERE unit = ? ORDER BY version DESC, chain DESC, seq DESC"
"""Inside an epoch by seq, whatever arrived first; a new epoch's chain has a higher number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An acknowledgement.

    Attributes:
        received_ms: when it arrived, ms since 1970.
        content: what it says.
    """

    received_ms: int
    content: AckContent


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """A signed head of a disclosure log.

    Attributes:
        epoch: of the unit's store: a log may begin anew with it.
        received_ms: when it arrived, ms since 1970.
        content: what it says.
    """

    epoch: bytes
    received_ms: int
    content: LogContent


class Answers:
    """Reads one store."""

    def __init__(self, path: Path) -> None:
        """Open the store for reading.

        Raises:
            StorageError: it is not there or cannot be read.
        """
        self._db = Database(path, read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def latest(self, unit: str, version: int) -> Answer | None:
        """Return the last answer of a unit to the control document of this version, None while there is none.

        A unit answers again when what it had to refuse has become possible.
        """
        row = self._db.one(LATEST, (unit, version))
        return None if row is None else _answer(row)

    def units(self) -> list[str]:
        """Return the units that have ever answered a control document."""
        return [row["unit"] for row in self._db.all("SELECT DISTINCT unit FROM ack ORDER BY unit")]

    def answers(self, unit: str) -> list[Answer]:
        """Return the last answer to each version, the highest version first."""
        latest: dict[int, Answer] = {}
        for row in self._db.all(NEWEST_FIRST, (unit,)):
            latest.setdefault(row["version"], _answer(row))
        return list(latest.values())

    def heads(self, unit: str) -> list[SignedHead]:
        """Return the signed heads of a unit's disclosure log in the order in which they were signed."""
        rows = self._db.all(
            "SELECT log_head.*, epoch FROM log_head JOIN chain ON chain.id = chain WHERE log_head.unit = ?"
            " ORDER BY chain, seq",
            (unit,),
        )
        return [
            SignedHead(
                epoch=row["epoch"],
                received_ms=row["received_ms"],
                content=payload.decode_log_content(row["content"]),
            )
            for row in rows
        ]

    def rewritten(self, unit: str) -> list[tuple[bytes, int]]:
        """Return epoch and number of each entry at which a unit has signed two different heads."""
        rows = self._db.all(
            "SELECT epoch, last FROM log_head JOIN chain ON chain.id = chain WHERE log_head.unit = ?"
            " GROUP BY chain, last HAVING count(DISTINCT head) > 1 ORDER BY chain, last",
            (unit,),
        )
        return [(row["epoch"], row["last"]) for row in rows]


def _answer(row: Row) -> Answer:
    return Answer(received_ms=row["received_ms"], content=payload.decode_ack_content(row["content"]))
