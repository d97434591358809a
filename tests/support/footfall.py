"""A unit that counts devices and measures dust, for proofs about privacy; and the street in front of it.

The street's side knows the identifiers and when each was seen. Nothing of it is written to a file.
"""

import asyncio
import fcntl
import random
import struct
import termios
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.sim.line import SimulatedLine
from drivers.sim.mac_scanner import ListedScanner
from drivers.sim.pmsx003 import SimulatedPms
from tests.support.rig import Unit, section, until

FOOTFALL, DUST = "footfall", "dust"
K = 10
RSSI_DBM = -60
_LINES_AT_ONCE = 100
_MARGIN_S = 0.5
_TICK_S = 0.1


class TooSlow(Exception):
    """This machine did not read what was sent before its window ended: nothing is proven either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What one window sees.

    Attributes:
        start_ms: of the window.
        distinct: different identifiers that are sent in it.
        sightings: how many lines that takes.
    """

    start_ms: int
    distinct: int
    sightings: int


def configure(unit: Unit, *, port: int, receiver_key: str, window_s: int) -> None:
    """Write the unit's configuration: footfall with k = 10, and dust, which is about nobody."""
    stream = {
        "description": "Counted for a proof.",
        "purpose": "A proof",
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "access": "public",
        "window": f"{window_s}s",
        "batch": f"{window_s}s",
        "overflow": "drop_oldest",
    }
    parts = [
        section(
            "unit",
            {
                "id": unit.plan.name,
                "site": "A bench",
                "publisher": "City of Example",
                "office": "Office of Proofs",
                "contact": "proofs@city.example",
                "key": "unit.key",
            },
        )
    ]
    for name, model in unit.plan.sensors.items():
        parts.append(section(f"bus.{name}", {"kind": "serial", "path": str(unit.link(name))}))
        parts.append(section(f"sensor.{name}", {"model": model, "bus": name}))
    devices = {"from": "scanner.mac", "rule": "count_distinct", "unit": "count", "range": [0, 100_000]}
    parts += [
        section(f"stream.{FOOTFALL}", {"title": "Devices", "suppress_below": K} | stream),
        section(f"stream.{FOOTFALL}.channel.devices", devices),
        section(f"stream.{FOOTFALL}.channel.strength", {"from": "scanner.rssi", "rule": "mean", "unit": "dBm"}),
        section(f"stream.{DUST}", {"title": "Dust"} | stream),
        section(f"stream.{DUST}.channel.pm10", {"from": "dust.pm10", "rule": "mean", "unit": "ug/m3"}),
        section("uplink", {"host": "127.0.0.1", "port": port, "tls": False, "receiver_keys": [receiver_key]}),
        section("buffer", {"directory": "store", "free_floor": "1MB", "loss_window": "100ms"}),
        section("clock", {"source": "system"}),
    ]
    (unit.folder / "unit.toml").write_text("\n".join(parts))


def strangers(count: int, *, chance: random.Random, besides: Iterable[bytes] = ()) -> list[bytes]:
    """Return identifiers that are all different, and different from those there are."""
    found: dict[bytes, None] = {}
    known = set(besides)
    while len(found) < count:
        candidate = chance.randbytes(6)
        if candidate not in known and candidate not in {bytes(6), b"\xff" * 6}:
            found[candidate] = None
    return list(found)


class Street:
    """The scanner's and the dust sensor's side of a unit's lines."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._scanner = SimulatedLine(unit.link("scanner"))
        self._pms = SimulatedPms()
        self._dust = SimulatedLine(unit.link("dust"), on_receive=self._answer)
        self._ticking = asyncio.create_task(self._tick())

    def _answer(self, data: bytes) -> None:
        self._dust.send(self._pms.command(data), timeout_s=0)

    async def _tick(self) -> None:
        while True:
            self._dust.send(self._pms.frame(), timeout_s=0)
            await asyncio.sleep(_TICK_S)

    async def close(self) -> None:
        """Take the sensors away."""
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        self._scanner.close()
        self._dust.close()

    async def show(self, identifiers: Sequence[bytes]) -> None:
        """Let the scanner see each of them, in this order."""
        scanner = ListedScanner([(identifier, RSSI_DBM) for identifier in identifiers], each=_LINES_AT_ONCE)
        while frame := scanner.frame():
            if self._scanner.send(frame) != len(frame):
                raise TooSlow("the line took no more")
            await asyncio.sleep(0)

    def babble(self, text: bytes) -> None:
        """Let the scanner send something that is no sighting."""
        self._scanner.send(text)

    def replug(self) -> None:
        """Pull the scanner's plug, and put it back."""
        self._scanner.unplug()
        self._scanner.replug()

    async def noticed(self, identifiers: Sequence[bytes]) -> None:
        """Show a few again and again until the agent has seen one: its line is open."""

        async def repeat() -> None:
            while True:
                await self.show(identifiers)
                await asyncio.sleep(_TICK_S)

        seen = self._unit.log.stat().st_size
        showing = asyncio.create_task(repeat())
        try:
            await until(
                lambda: b"sensor scanner: ok" in self._unit.log.read_bytes()[seen:], what="the first sighting"
            )
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def window(self, identifiers: Sequence[bytes], *, start_s: int, window_s: int, again: int) -> Crowd:
        """Show identifiers well inside one window, some of them `again`; return what was shown.

        Raises:
            TooSlow: they were not read before the window's end.
        """
        await asyncio.sleep(max(0.0, start_s + _MARGIN_S - time.time()))
        repeated = [*identifiers, *identifiers[:again]]
        await self.show(repeated)
        while self.unread:
            await asyncio.sleep(0.02)
            if time.time() > start_s + window_s - _MARGIN_S / 2:
                raise TooSlow("sightings were read too late for their window")
        return Crowd(start_ms=start_s * 1000, distinct=len(set(identifiers)), sightings=len(repeated))

    @property
    def unread(self) -> int:
        """Bytes that the agent has not read from the scanner's line yet."""
        waiting = fcntl.ioctl(self._scanner._slave, termios.FIONREAD, bytes(4))
        return int(struct.unpack("i", waiting)[0])


def open_files(pid: int) -> list[Path]:
    """Return the regular files that a process has open; empty where this may not be asked."""
    found = []
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = entry.resolve()
            if target.is_file():
                found.append(target)
    except OSError:
        return found
    return found
