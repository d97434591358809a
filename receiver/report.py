"""What the store knows, as plain values for people and programs.

In: a store opened for reading. Out: dictionaries ready for JSON. Never: a change.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent.quality import Quality
from agent.wire import cose, payload
from agent.wire.declared import DeclaredStream
from agent.wire.messages import Gap, GapReason, Kind, Status
from receiver import placing
from receiver.database import Database, Row

_REJECTED_SHOWN = 20
_CHAINS = (
    "SELECT * FROM chain WHERE (?1 IS NULL OR unit = ?1) AND (?2 IS NULL OR stream = ?2) ORDER BY unit, stream, id"
)

_NOT_DOUBLED = (
    "NOT EXISTS (SELECT 1 FROM doubled"
    " WHERE doubled.chain = row.chain AND doubled.seq = row.seq AND doubled.start_ms = row.start_ms)"
)
_GAPS = (
    "SELECT gap.*, envelope.data FROM gap LEFT JOIN envelope"
    " ON envelope.chain = gap.chain AND envelope.seq = gap.seq AND gap.reason = ?2"
    " WHERE gap.chain = ?1 ORDER BY gap.seq"
)
"""With the envelope where it may say more than the table holds: which epoch has ended."""
_ROWS = (
    f"SELECT row.*, envelope.declaration, {placing.COLUMNS} FROM row"  # noqa: S608 - constants only
    f" JOIN envelope USING (chain, seq) JOIN chain ON chain.id = row.chain {placing.JOIN}"
)


class Report:
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

    def show(self, unit: str | None = None, stream: str | None = None) -> dict[str, Any]:
        """Return latest values, gaps and forks per unit and stream, and what was rejected."""
        return {
            "streams": [self._stream(chain) for chain in self._db.all(_CHAINS, (unit, stream))],
            "status": {
                row["unit"]: {
                    "online": bool(row["online"]),
                    "received_ms": row["received_ms"],
                    "suspected": _suspected(row["data"]),
                }
                for row in self._db.all("SELECT * FROM status WHERE ?1 IS NULL OR unit = ?1 ORDER BY unit", (unit,))
            },
            "rejected": [
                dict(row)
                for row in self._db.all(
                    "SELECT rule, reason, topic, count(*) AS count, max(received_ms) AS last_ms FROM rejected"
                    " GROUP BY rule, reason, topic ORDER BY last_ms DESC LIMIT ?",
                    (_REJECTED_SHOWN,),
                )
            ],
        }

    def rows(self, unit: str | None = None, stream: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield every stored row: its place in time, and per channel name the value, unit and quality.

        A row whose window had arrived before, in another envelope, is left out.
        """
        for chain in self._db.all(_CHAINS, (unit, stream)):
            declared: dict[bytes, DeclaredStream | None] = {}
            for row in self._db.each(
                f"{_ROWS} WHERE row.chain = ? AND {_NOT_DOUBLED} ORDER BY row.seq, row.start_ms",
                (chain["id"],),
            ):
                cited = row["declaration"]
                if cited not in declared:
                    declared[cited] = self._declared(chain["unit"], cited, chain["stream"])
                yield _row(chain, row, declared[cited])

    def _stream(self, chain: Row) -> dict[str, Any]:
        number = chain["id"]
        counted = self._db.one(
            "SELECT (SELECT count(*) FROM envelope WHERE chain = ?1) AS envelopes,"
            " (SELECT count(*) FROM row WHERE chain = ?1) AS rows,"
            " (SELECT count(*) FROM set_aside WHERE chain = ?1) AS set_aside,"
            " (SELECT count(*) FROM fork WHERE chain = ?1) AS forks,"
            " (SELECT count(*) FROM doubled WHERE chain = ?1) AS doubled,"
            " (SELECT count(*) FROM doubled WHERE chain = ?1 AND NOT same) AS contradicting,"
            " (SELECT min(seq) FROM envelope WHERE chain = ?1 AND seq >= ?2) AS beyond",
            (number, chain["next_seq"]),
        )
        counts = dict(counted) if counted is not None else {}
        beyond = counts.pop("beyond", None)
        return {
            "unit": chain["unit"],
            "stream": chain["stream"],
            "epoch": chain["epoch"].hex(),
            "receipted_seqs": chain["next_seq"],
            **counts,
            "missing": None if beyond is None else [chain["next_seq"], beyond - 1],
            "gaps": [_gap(row) for row in self._db.all(_GAPS, (number, int(GapReason.DAMAGED)))],
            "undeclared_gaps": [
                [row["first"], row["last"]]
                for row in self._db.all("SELECT * FROM hole WHERE chain = ? AND declared = 0", (number,))
            ],
            "latest": self._latest(chain),
        }

    def _latest(self, chain: Row) -> dict[str, Any] | None:
        row = self._db.one(
            f"{_ROWS} WHERE row.chain = ? ORDER BY row.boot IS NOT NULL, row.start_ms DESC LIMIT 1",
            (chain["id"],),
        )
        if row is None:
            return None
        return _row(chain, row, self._declared(chain["unit"], row["declaration"], chain["stream"]))

    def _declared(self, unit: str, digest: bytes, stream: str) -> DeclaredStream | None:
        row = self._db.one("SELECT content FROM declaration WHERE unit = ? AND hash = ?", (unit, digest))
        if row is None:
            return None
        streams = payload.decode_content(row["content"]).streams
        return next((declared for declared in streams if declared.name == stream), None)


def _gap(row: Row) -> dict[str, Any]:
    """Return a gap; with the start and end of what it spans where it tells windows, and with the epoch that ended."""
    told = {"seq": row["seq"], "reason": GapReason(row["reason"]).name.lower(), "rows": row["count"]}
    told |= _ended(row["data"])
    if row["windows"] is None:
        return told
    end_ms = row["start_ms"] + row["step_ms"] * row["windows"]
    return told | {"start_ms": row["start_ms"], "end_ms": end_ms, "windows": row["windows"]}


def _ended(data: bytes | None) -> dict[str, Any]:
    """Return the epoch that has ended with damage, and the last seq known there, where a gap record tells them."""
    gap = None if data is None else payload.decode(Kind.GAP, cose.payload_of(data))
    if not isinstance(gap, Gap) or gap.ended is None:
        return {}
    epoch, last = gap.ended
    return {"ended": {"epoch": epoch.hex(), "last": last}}


def _suspected(data: bytes) -> dict[str, str]:
    """Return the sensors that a stored status says may be stuck, with the class of time since when."""
    status = payload.decode(Kind.STATUS, cose.payload_of(data))
    suspected = status.suspected if isinstance(status, Status) else {}
    return {sensor: since.name.lower() for sensor, since in sorted(suspected.items())}


def _row(chain: Row, row: Row, declared: DeclaredStream | None) -> dict[str, Any]:
    channels = [] if declared is None else declared.channels
    return {
        "unit": chain["unit"],
        "stream": chain["stream"],
        "epoch": chain["epoch"].hex(),
        "seq": row["seq"],
        "start_ms": row["start_ms"],
        "step_ms": row["step_ms"],
        "boot": None if row["boot"] is None else row["boot"].hex(),
        "clock": row["clock"],
        "time": placing.place(row),
        "values": {
            channel.name: {
                "value": None if scaled is None else f"{Decimal(scaled).scaleb(channel.exponent):f}",
                "unit": channel.unit,
                "quality": Quality(code).name.lower(),
            }
            for channel, scaled, code in zip(
                channels, json.loads(row["scaled"]), json.loads(row["quality"]), strict=True
            )
        },
    }
