"""The table that a data dictionary describes, as CSV (RFC 4180).

In: a store opened for reading, a dataset. Out: lines. Never: a row of another shape than the dictionary says.

Left out, and counted: rows without a date (the unit's clock was not set in that boot, then or later), rows of
declarations whose dictionary is another one, and a second row for one window (after a unit has lost its store).
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, TextIO

from agent.quality import Quality
from agent.wire import payload
from agent.wire.declared import DeclaredStream
from agent.wire.messages import ClockQuality
from receiver import placing, wording
from receiver.database import Database, Row
from receiver.datasets import Dataset
from receiver.dictionary import table_schema

_ROWS: Final = (
    f"SELECT row.*, envelope.declaration, {placing.COLUMNS} FROM row"  # noqa: S608 - constants only
    f" JOIN envelope USING (chain, seq) JOIN chain ON chain.id = row.chain {placing.JOIN}"
    " WHERE chain.unit = ? AND stream = ? ORDER BY at_ms, row.chain, row.seq"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS_PER_S: Final = 1000


@dataclass(slots=True)
class Written:
    """What became of the rows of a stream."""

    rows: int = 0
    undated: int = 0
    other_declaration: int = 0
    repeated: int = 0


class Tables:
    """Writes tables of one store."""

    def __init__(self, path: Path) -> None:
        """Open the store for reading.

        Raises:
            StorageError: it is not there or cannot be read.
        """
        self._db = Database(path, read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def write(self, entry: Dataset, file: TextIO) -> Written:
        """Write the table of a dataset; `file` must not translate line ends."""
        fields = [field["name"] for field in table_schema(entry.stream)["fields"]]
        lines = csv.writer(file)
        lines.writerow(fields)
        written = Written()
        for row in self._rows(entry, written):
            lines.writerow(_cells(row, entry.stream))
        return written

    def _rows(self, entry: Dataset, written: Written) -> Iterator[Row]:
        """Yield the rows that belong into the table, and count all of them."""
        fits: dict[bytes, bool] = {}
        last_ms: int | None = None
        for row in self._db.each(_ROWS, (entry.content.unit, entry.stream.name)):
            cited = row["declaration"]
            if cited not in fits:
                fits[cited] = self._fits(cited, entry)
            if not fits[cited]:
                written.other_declaration += 1
            elif row["at_ms"] is None:
                written.undated += 1
            elif _shown_ms(row, entry.stream) == last_ms:
                written.repeated += 1
            else:
                last_ms = _shown_ms(row, entry.stream)
                written.rows += 1
                yield row

    def _fits(self, digest: bytes, entry: Dataset) -> bool:
        """Return whether rows of a declaration have the dictionary of the dataset."""
        if digest == entry.hash:
            return True
        known = self._db.one(
            "SELECT content FROM declaration WHERE unit = ? AND hash = ?", (entry.content.unit, digest)
        )
        streams = [] if known is None else payload.decode_content(known["content"]).streams
        return any(
            stream.name == entry.stream.name and table_schema(stream) == table_schema(entry.stream)
            for stream in streams
        )


def _shown_ms(row: Row, stream: DeclaredStream) -> int:
    """Return a row's start as its dictionary writes it: rows that were placed lie off the grid of whole seconds."""
    at_ms: int = row["at_ms"]
    return at_ms if stream.window_ms % _MS_PER_S else (at_ms + _MS_PER_S // 2) // _MS_PER_S * _MS_PER_S


def _cells(row: Row, stream: DeclaredStream) -> list[str]:
    start = _EPOCH + timedelta(milliseconds=_shown_ms(row, stream))
    whole = wording.finest_ms(stream) % _MS_PER_S == 0
    cells = [
        f"{start:%Y-%m-%dT%H:%M:%SZ}" if whole else f"{start:%Y-%m-%dT%H:%M:%S.%fZ}",
        wording.plain(Decimal(row["step_ms"]) / _MS_PER_S),
        ClockQuality(row["clock"]).name.lower(),
    ]
    for channel, value, code in zip(
        stream.channels, json.loads(row["scaled"]), json.loads(row["quality"]), strict=True
    ):
        cells.append("" if value is None else wording.plain(wording.scaled(value, channel.exponent)))
        cells.append(Quality(code).name.lower())
    return cells
