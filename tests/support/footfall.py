"""A unit that counts devices, measures dust and knows its place, for proofs about privacy; and the street before it.

The street's side knows the identifiers and when each was seen. Nothing of it is written to a file.
"""

import asyncio
import contextlib
import fcntl
import random
import struct
import termios
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

from drivers.sim.gnss import SimulatedGnss
from drivers.sim.line import SimulatedLine
from drivers.sim.mac_scanner import ListedScanner
from drivers.sim.pmsx003 import SimulatedPms
from tests.support.intruders import IMPOSSIBLE_FIX, IMPOSSIBLE_SATELLITES, Intruder, counted, lines, sentences
from tests.support.rig import Unit, section, until

FOOTFALL, DUST, FIXES = "footfall", "dust", "fixes"
K = 10
RSSI_DBM = -60
FIX, SATELLITES = 1, 12
"""What every sentence of the receiver says that is not an intruder's."""
_LINES_AT_ONCE = 100
_INTRUDERS_AT_ONCE = 40
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
    """Write the unit's configuration: footfall with k = 10; dust and the best position fix, which are nobody's."""
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
        section(f"stream.{FIXES}", {"title": "Fixes"} | stream),
        section(f"stream.{FIXES}.channel.fix", _largest("gnss.fix", "/", IMPOSSIBLE_FIX)),
        section(f"stream.{FIXES}.channel.satellites", _largest("gnss.satellites", "count", IMPOSSIBLE_SATELLITES)),
        section("uplink", {"host": "127.0.0.1", "port": port, "tls": False, "receiver_keys": [receiver_key]}),
        section("buffer", {"directory": "store", "free_floor": "1MB", "loss_window": "100ms"}),
        section("clock", {"source": "system"}),
    ]
    (unit.folder / "unit.toml").write_text("\n".join(parts))


def _largest(source: str, unit: str, most: int) -> dict[str, object]:
    return {"from": source, "rule": "max", "unit": unit, "range": [0, most]}


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
    """The sensors' side of a unit's lines: a scanner, a GNSS receiver, a dust sensor.

    Attributes:
        broken: intruders that came in broken lines of the scanner, by kind, since `forget`.
        strange: intruders that came in sentences of the receiver, by kind, since `forget`.
    """

    def __init__(self, unit: Unit, *, chance: random.Random) -> None:
        self._unit = unit
        self._chance = chance
        self._scanner = SimulatedLine(unit.link("scanner"))
        self._gnss = SimulatedLine(unit.link("gnss"))
        self._receiver = SimulatedGnss(datetime.now(UTC), satellites_in_view=0, interval_s=_TICK_S)
        self._pms = SimulatedPms()
        self._dust = SimulatedLine(unit.link("dust"), on_receive=self._answer)
        self.broken: Counter[str] = Counter()
        self.strange: Counter[str] = Counter()
        self._ticking = asyncio.create_task(self._tick())

    def _answer(self, data: bytes) -> None:
        self._dust.send(self._pms.command(data), timeout_s=0)

    async def _tick(self) -> None:
        while True:
            self._dust.send(self._pms.frame(), timeout_s=0)
            self._gnss.send(self._receiver.frame(), timeout_s=0)
            await asyncio.sleep(_TICK_S)

    async def close(self) -> None:
        """Take the sensors away."""
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        for line in (self._scanner, self._gnss, self._dust):
            line.close()

    def forget(self) -> None:
        """Begin to count the intruders anew: another process will."""
        self.broken.clear()
        self.strange.clear()

    async def show(self, identifiers: Sequence[bytes], *, intruders: Sequence[Intruder] = ()) -> None:
        """Let the scanner see each of them, in this order; intruders come in between, by one line or the other."""
        scanner = ListedScanner([(identifier, RSSI_DBM) for identifier in identifiers], each=_LINES_AT_ONCE)
        portions = -(-len(identifiers) // _LINES_AT_ONCE)
        starts = range(0, len(intruders), _INTRUDERS_AT_ONCE)
        for _, start in zip_longest(range(portions), starts):
            frame = scanner.frame()
            if self._scanner.send(frame) != len(frame):
                raise TooSlow("the line took no more")
            if start is not None:
                self._intrude(intruders[start : start + _INTRUDERS_AT_ONCE])
            await asyncio.sleep(0)

    def _intrude(self, intruders: Sequence[Intruder]) -> None:
        """Let every other one come by the scanner's line, the rest by the receiver's."""
        broken, strange = intruders[::2], intruders[1::2]
        for line, data in (
            (self._scanner, b"".join(lines(broken, chance=self._chance))),
            (self._gnss, b"".join(sentences(strange, chance=self._chance))),
        ):
            if line.send(data) != len(data):
                raise TooSlow("the line took no more")
        self.broken += counted(broken)
        self.strange += counted(strange)

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
                with contextlib.suppress(TooSlow):  # nobody reads yet
                    await self.show(identifiers)
                await asyncio.sleep(_TICK_S)

        before = self._seen()
        showing = asyncio.create_task(repeat())
        try:
            await until(lambda: self._seen() > before, what="the first sighting")
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    def _seen(self) -> int:
        """Return how many sightings the agent has taken, as its status says; it says so whatever it logs."""
        sensors = self._unit.status().get("sensors", {})
        return int(sensors.get("scanner", {}).get("readings", 0)) if sensors.get("gnss", {}).get("readings") else 0

    async def window(
        self,
        identifiers: Sequence[bytes],
        *,
        start_s: int,
        window_s: int,
        again: int = 0,
        intruders: Sequence[Intruder] = (),
    ) -> Crowd:
        """Show identifiers well inside one window, some of them `again`; return what was shown.

        Raises:
            TooSlow: they were not read before the window's end.
        """
        await asyncio.sleep(max(0.0, start_s + _MARGIN_S - time.time()))
        repeated = [*identifiers, *identifiers[:again]]
        await self.show(repeated, intruders=intruders)
        while self.unread:
            await asyncio.sleep(0.02)
            if time.time() > start_s + window_s - _MARGIN_S / 2:
                raise TooSlow("sightings were read too late for their window")
        return Crowd(start_ms=start_s * 1000, distinct=len(set(identifiers)), sightings=len(repeated))

    @property
    def unread(self) -> int:
        """Bytes that the agent has not read from the scanner's and the receiver's lines yet."""
        waiting = [fcntl.ioctl(line._slave, termios.FIONREAD, bytes(4)) for line in (self._scanner, self._gnss)]
        return sum(int(struct.unpack("i", one)[0]) for one in waiting)


def open_files(pid: int) -> list[Path]:
    """Return the regular files that a process has open, the kernel's own left out; empty where nobody may ask."""
    found = []
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = entry.resolve()
            if target.is_file() and not target.is_relative_to("/proc"):
                found.append(target)
    except OSError:
        return found
    return found
