"""What is going on, gathered for the people who watch: from the unit's status, its reports, and the receiver's store.

In: the files and pipes of the processes. Out: snapshots. Never: a change to anything.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.cli.demo.proxy import CountingProxy
from agent.cli.demo.scene import Scene
from receiver.errors import ReceiverError
from receiver.report import Report

DECLARATION: Final = "_declaration"
_CHUNK: Final = 65_536


class StoredRows:
    """The rows that the unit has reported as stored, through a pipe, after each commit.

    Attributes:
        rows: stream and window start, in order.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[str, int]] = []
        self._unfinished = b""
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        self._inherited = False

    def begin(self) -> None:
        """Read from now on; the writing end has been inherited."""
        os.close(self.writing)
        self._inherited = True
        asyncio.get_running_loop().add_reader(self._reading, self.take)

    def take(self) -> None:
        """Take what is there."""
        try:
            data = os.read(self._reading, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._reading)
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        for line in lines:
            stream, _, start_ms = line.decode().split(" ")
            self.rows.append((stream, int(start_ms)))

    def close(self) -> None:
        """Read no more."""
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        if not self._inherited:
            os.close(self.writing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything at one moment.

    Attributes:
        elapsed_s, seconds: time passed, and in all.
        unit: what `lamppost status` reads; empty until it is there.
        stored: rows that the unit has stored.
        sent, returned: bytes between unit and broker.
        broker: whether the broker runs.
        city: what `lamppost-receiver show` tells; empty until it is there.
        now: what is happening, in words.
    """

    elapsed_s: float
    seconds: float
    unit: Mapping[str, Any] = field(default_factory=dict)
    stored: int = 0
    sent: int = 0
    returned: int = 0
    broker: bool = False
    city: Mapping[str, Any] = field(default_factory=dict)
    now: str = ""

    @property
    def readings(self) -> int:
        """Readings that the unit has taken."""
        return int(self.unit.get("readings", 0))

    @property
    def sensors(self) -> Mapping[str, str]:
        """How each sensor is."""
        return {name: sensor["state"] or "starting" for name, sensor in self.unit.get("sensors", {}).items()}

    @property
    def outbox(self) -> Mapping[str, int]:
        """The outbox's counters; 0 for what is not there yet."""
        return _Zeros(self.unit.get("outbox") or {})

    @property
    def uplink(self) -> Mapping[str, Any]:
        """The uplink's state."""
        return self.unit.get("uplink") or {}

    @property
    def waiting(self) -> int:
        """Rows in the outbox, sealed or not."""
        return self.outbox["rows_waiting"] + self.outbox["sealed_rows_waiting"]

    @property
    def batches(self) -> int:
        """Batches that the receiver has verified."""
        return sum(chain["envelopes"] - len(chain["gaps"]) for chain in self._chains())

    @property
    def received(self) -> int:
        """Rows that the receiver has stored."""
        return sum(chain["rows"] for chain in self._chains())

    @property
    def gaps(self) -> int:
        """Gaps, declared or not, and what the receiver still waits for."""
        return sum(
            len(chain["gaps"]) + len(chain["undeclared_gaps"]) + (chain["missing"] is not None)
            for chain in self._chains()
        )

    @property
    def rejected(self) -> int:
        """Messages that the receiver has rejected, and envelopes that contradict one it has."""
        refused: int = sum(entry["count"] for entry in self.city.get("rejected", ()))
        forks: int = sum(chain["forks"] for chain in self._chains())
        return refused + forks

    def filtered(self, counter: str) -> int:
        """Return a counter of the privacy filter, all streams together."""
        return sum(stream[counter] for stream in self.unit.get("streams", {}).values())

    def _chains(self) -> list[dict[str, Any]]:
        return [chain for chain in self.city.get("streams", ()) if chain["stream"] != DECLARATION]


class _Zeros(dict[str, int]):
    def __missing__(self, key: str) -> int:
        return 0


class Watch:
    """Makes snapshots."""

    def __init__(self, scene: Scene, *, proxy: CountingProxy, stored: StoredRows) -> None:
        self._scene = scene
        self._proxy = proxy
        self._stored = stored

    def look(self, *, elapsed_s: float, seconds: float, broker: bool) -> Snapshot:
        """Return everything as it is now."""
        return Snapshot(
            elapsed_s=elapsed_s,
            seconds=seconds,
            unit=self._unit(),
            stored=len(self._stored.rows),
            sent=self._proxy.sent,
            returned=self._proxy.returned,
            broker=broker,
            city=self._city(),
        )

    def _unit(self) -> Mapping[str, Any]:
        try:
            known: dict[str, Any] = json.loads(self._scene.status_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return known

    def _city(self) -> Mapping[str, Any]:
        try:
            report = Report(self._scene.receiver_store)
        except ReceiverError:  # the receiver has not made its store yet
            return {}
        try:
            return report.show()
        finally:
            report.close()
