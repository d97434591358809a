"""Which declarations the units have made, which one holds, and which rows fell under which.

In: a store opened for reading. Out: values. Never: a change.

Every version of a declaration is kept. A batch cites the one that its rows were made under; a batch that cites one
that is not here is set aside, and that version is listed without its content.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.wire import cose, payload
from agent.wire.declared import DECLARATIONS, Declaration, DeclarationContent
from agent.wire.messages import Kind
from receiver.database import Database, Row

_VERSIONS = "SELECT * FROM declaration WHERE ?1 IS NULL OR unit = ?1 ORDER BY unit, received_ms, hash"
_CITATIONS = (
    "SELECT unit, envelope.declaration AS hash, count(*) AS batches, min(received_ms) AS first_ms,"
    " max(received_ms) AS last_ms, count(set_aside.seq) AS set_aside"
    " FROM envelope JOIN chain ON chain.id = envelope.chain LEFT JOIN set_aside USING (chain, seq)"
    " WHERE envelope.declaration IS NOT NULL AND (?1 IS NULL OR unit = ?1) GROUP BY unit, envelope.declaration"
)
_ROWS = (
    "SELECT unit, stream, envelope.declaration AS hash, count(*) AS count, count(row.boot) AS undated,"
    " min(CASE WHEN boot IS NULL THEN start_ms END) AS first_ms,"
    " max(CASE WHEN boot IS NULL THEN start_ms + step_ms END) AS last_ms"
    " FROM row JOIN envelope USING (chain, seq) JOIN chain ON chain.id = row.chain"
    " WHERE (?1 IS NULL OR unit = ?1) AND NOT EXISTS (SELECT 1 FROM doubled"
    " WHERE doubled.chain = row.chain AND doubled.seq = row.seq AND doubled.start_ms = row.start_ms)"
    " GROUP BY unit, stream, envelope.declaration ORDER BY unit, stream"
)
_LATEST = (
    "SELECT chain.unit, envelope.data FROM chain JOIN envelope ON envelope.chain = chain.id"
    " WHERE chain.stream = ?2 AND kind = ?3 AND (?1 IS NULL OR unit = ?1) ORDER BY chain.id, seq"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one stream that fell under one declaration.

    Attributes:
        count: how many.
        undated: how many of them count their time from a boot, as the unit's clock was not set.
        first_ms, last_ms: start of the first and end of the last window with a date, ms since 1970; None without one.
    """

    count: int
    undated: int
    first_ms: int | None
    last_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One declaration of one unit.

    Attributes:
        unit: its id.
        hash: SHA-256 of the content, which batches cite.
        content: what it says; None for one that batches cite and that is not here.
        received_ms: when it came first; None with `content`.
        first_ms, last_ms: when the declaration, or a batch that cites it, came first and last.
        current: it is the last one that the unit has made.
        batches: how many cite it.
        set_aside: how many of those wait for it.
        rows: what fell under it, by stream.
    """

    unit: str
    hash: bytes
    content: DeclarationContent | None
    received_ms: int | None
    first_ms: int
    last_ms: int
    current: bool
    batches: int
    set_aside: int
    rows: Mapping[str, Rows]


class Declared:
    """Reads the declarations of one store."""

    def __init__(self, path: Path) -> None:
        """Open the store for reading.

        Raises:
            StorageError: it is not there or cannot be read.
        """
        self._db = Database(path, read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def versions(self, unit: str | None = None) -> list[Version]:
        """Return every version, of one unit or of all: by unit, then in the order in which they came first."""
        known = {(row["unit"], row["hash"]): row for row in self._db.all(_VERSIONS, (unit,))}
        cited = {(row["unit"], row["hash"]): row for row in self._db.all(_CITATIONS, (unit,))}
        rows: dict[tuple[str, bytes], dict[str, Rows]] = {}
        for row in self._db.all(_ROWS, (unit,)):
            counted = Rows(
                count=row["count"], undated=row["undated"], first_ms=row["first_ms"], last_ms=row["last_ms"]
            )
            rows.setdefault((row["unit"], row["hash"]), {})[row["stream"]] = counted
        current = self._current(unit)
        found = [
            _version(key, known.get(key), cited.get(key), rows.get(key, {}), current=current.get(key[0]) == key[1])
            for key in {**known, **cited}
        ]
        return sorted(found, key=lambda version: (version.unit, version.first_ms, version.hash))

    def _current(self, unit: str | None) -> dict[str, bytes]:
        """Return the hash of the last declaration of each unit: of its newest store, the one with the highest seq."""
        latest = {
            row["unit"]: row["data"] for row in self._db.each(_LATEST, (unit, DECLARATIONS, Kind.DECLARATION.value))
        }
        return {name: _content_hash(data) for name, data in latest.items()}


def _version(
    key: tuple[str, bytes], known: Row | None, cited: Row | None, rows: Mapping[str, Rows], *, current: bool
) -> Version:
    times = [] if known is None else [known["received_ms"]]
    if cited is not None:
        times += [cited["first_ms"], cited["last_ms"]]
    return Version(
        unit=key[0],
        hash=key[1],
        content=None if known is None else payload.decode_content(known["content"]),
        received_ms=None if known is None else known["received_ms"],
        first_ms=min(times),
        last_ms=max(times),
        current=current,
        batches=0 if cited is None else cited["batches"],
        set_aside=0 if cited is None else cited["set_aside"],
        rows=rows,
    )


def _content_hash(data: bytes) -> bytes:
    """Return what batches cite of a declaration's envelope, which was verified before it was stored."""
    told = payload.decode(Kind.DECLARATION, cose.payload_of(data))
    if not isinstance(told, Declaration):
        raise TypeError("a declaration's envelope holds a declaration")
    return payload.declaration_hash(payload.content_bytes(told.content))
