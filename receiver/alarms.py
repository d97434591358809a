"""The alarms of all units, as plain values for people and programs.

In: a store opened for reading. Out: dictionaries ready for JSON. Never: a change, or a state that was not told.

The state of an alarm is what was told last: in the newest epoch of its unit, at the highest seq. One that its unit
does not declare any more has none.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from agent.quality import Quality
from agent.wire import payload
from agent.wire.declared import DeclaredAlarm, DeclaredStream
from agent.wire.messages import AlarmState
from receiver.database import Database, Row
from receiver.declared import Declared

_TOLD: Final = (
    "SELECT alarm.*, unit, stream, epoch FROM alarm JOIN chain ON chain.id = alarm.chain"
    " WHERE (?1 IS NULL OR unit = ?1) AND (?2 IS NULL OR stream = ?2) ORDER BY unit, stream, chain.id, seq"
)
_Key = tuple[str, str, str]
"""Unit, stream and alarm."""


class AlarmBook:
    """Reads the alarms of one store."""

    def __init__(self, path: Path) -> None:
        """Open the store for reading.

        Raises:
            StorageError: it is not there or cannot be read.
        """
        self._path = path
        self._db = Database(path, read_only=True)
        self._streams: dict[tuple[str, bytes], dict[str, DeclaredStream]] = {}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def told(self, unit: str | None = None, stream: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield every change that was told: by unit and stream, in the order in which it happened."""
        numbers: dict[_Key, int] = {}
        for row in self._db.each(_TOLD, (unit, stream)):
            key = (row["unit"], row["stream"], row["name"])
            last = numbers.get(key, 0)
            numbers[key] = row["number"]
            untold = row["number"] - last - 1 if row["number"] > last else row["number"] - 1
            yield self._shown(row, untold=untold)

    def standing(self, unit: str | None = None, stream: str | None = None) -> list[dict[str, Any]]:
        """Return what was told last of each alarm that is still declared, by unit, stream and name."""
        last: dict[_Key, dict[str, Any]] = {}
        for change in self.told(unit, stream):
            last[change["unit"], change["stream"], change["alarm"]] = change
        current = self._current(unit)
        return [
            change
            for (owner, name, alarm), change in sorted(last.items())
            if owner not in current or (name, alarm) in current[owner]
        ]

    def _current(self, unit: str | None) -> dict[str, set[tuple[str, str]]]:
        """Return stream and name of the alarms that each unit declares now, for units whose declaration is here."""
        declared = Declared(self._path)
        try:
            return {
                version.unit: {
                    (stream.name, alarm.name) for stream in version.content.streams for alarm in stream.alarms
                }
                for version in declared.versions(unit)
                if version.current and version.content is not None
            }
        finally:
            declared.close()

    def _shown(self, row: Row, *, untold: int) -> dict[str, Any]:
        stream = self._declared(row["unit"], row["declaration"]).get(row["stream"])
        alarm = next((found for found in stream.alarms if found.name == row["name"]), None) if stream else None
        return {
            "unit": row["unit"],
            "stream": row["stream"],
            "epoch": row["epoch"].hex(),
            "seq": row["seq"],
            "alarm": row["name"],
            "state": AlarmState(row["state"]).name.lower(),
            "start_ms": row["start_ms"],
            "step_ms": row["step_ms"],
            "boot": None if row["boot"] is None else row["boot"].hex(),
            "clock": row["clock"],
            "quality": Quality(row["quality"]).name.lower(),
            "number": row["number"],
            "untold": untold,
            "received_ms": row["received_ms"],
            **_meaning(row["scaled"], stream, alarm),
        }

    def _declared(self, unit: str, digest: bytes) -> dict[str, DeclaredStream]:
        if (unit, digest) not in self._streams:
            row = self._db.one("SELECT content FROM declaration WHERE unit = ? AND hash = ?", (unit, digest))
            streams = () if row is None else payload.decode_content(row["content"]).streams
            self._streams[unit, digest] = {stream.name: stream for stream in streams}
        return self._streams[unit, digest]


def _meaning(scaled: int | None, stream: DeclaredStream | None, alarm: DeclaredAlarm | None) -> dict[str, Any]:
    """Return what a declaration says of an alarm; without one the value is as it was sent."""
    if stream is None or alarm is None:
        return {"title": None, "channel": None, "measure": None, "value": None, "scaled": scaled}
    channel = stream.channels[alarm.channel]
    value, threshold, clear = (
        None if number is None else f"{Decimal(number).scaleb(channel.exponent):f}"
        for number in (scaled, alarm.threshold, alarm.clear)
    )
    return {
        "title": alarm.title or alarm.name,
        "channel": channel.name,
        "measure": channel.unit,
        "value": value,
        "scaled": scaled,
        "above" if alarm.above else "below": threshold,
        "clear": clear,
    }
