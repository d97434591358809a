"""A unit with every kind of sensor on simulated buses of this process, whose samples can be counted at the city.

    async with Rig(folder) as rig:
        corner = Corner(rig, "corner")
        await rig.start()
        async with corner:                        # the sensors are there, the agent runs
            ...
        rows = await corner.rows()

Every stream has windows of one second and a channel `samples`: how many readings of its sensor were in the window.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.chip import SimulatedChip
from drivers.sim.gnss import SimulatedGnss
from drivers.sim.line import SimulatedLine
from drivers.sim.mac_scanner import render
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.scd4x import Scd4xChip
from drivers.sim.sds011 import SimulatedSds011
from tests.support.evidence import judge
from tests.support.rig import Rig, Unit, UnitPlan, section, until

WEATHER, AIR = 0x76, 0x62
LINES = ("dust", "kerb", "gnss", "scanner")
DEVICES = [bytes([2, 0, 0, 0, 0, number]) for number in range(20)]
"""The devices that the scanner sees in every second."""
TRUE = {
    "weather": {"temperature": "21.50"},
    "dust": {"pm10": "10"},
    "kerb": {"pm10": "12.0"},
    "gnss": {},
    "scanner": {"devices": str(len(DEVICES))},
}
"""What each stream must say whenever it says something."""

_MODELS: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "weather": ("bme280", "pole", {"address": WEATHER, "interval": "1s", "timeout": "1s"}),
    "air": ("scd4x", "pole", {"interval": "5s"}),
    "dust": ("pmsx003", "dust", {}),
    "kerb": ("sds011", "kerb", {}),
    "gnss": ("gnss", "gnss", {}),
    "scanner": ("mac_scanner", "scanner", {}),
}
_CHANNELS: Mapping[str, Mapping[str, tuple[str, str, str, Mapping[str, object]]]] = {
    "weather": {
        "temperature": ("temperature", "mean", "Cel", {}),
        "samples": ("temperature", "count", "count", {"range": [0, 1000]}),
    },
    "dust": {"pm10": ("pm10", "mean", "ug/m3", {}), "samples": ("pm10", "count", "count", {"range": [0, 1000]})},
    "kerb": {"pm10": ("pm10", "mean", "ug/m3", {}), "samples": ("pm10", "count", "count", {"range": [0, 1000]})},
    "gnss": {
        "latitude": ("latitude", "grid", "lat", {"grid": "500m"}),
        "longitude": ("longitude", "grid", "lon", {"grid": "500m"}),
        "samples": ("satellites", "count", "count", {"range": [0, 1000]}),
    },
    "scanner": {"devices": ("mac", "count_distinct", "count", {"range": [0, 1000]})},
}
_TICK_S = 0.2


def configuration(
    unit: Unit, *, port: int, receiver_key: str, sensors: Sequence[str], extra: Mapping[str, Any]
) -> str:
    """Return the unit's configuration; `extra` has further keys by section."""
    who: dict[str, object] = {
        "site": "A bench",
        "publisher": "City",
        "office": "Office",
        "contact": "office@city.example",
    }
    parts = [section("unit", who | {"id": unit.plan.name, "key": "unit.key"})]
    for bus in dict.fromkeys(_MODELS[name][1] for name in sensors):
        kind = "i2c" if bus == "pole" else "serial"
        parts.append(section(f"bus.{bus}", {"kind": kind, "path": str(unit.link(bus))}))
    for name in sensors:
        model, bus, keys = _MODELS[name]
        parts.append(section(f"sensor.{name}", {**keys, "model": model, "bus": bus}))
        if name in _CHANNELS:
            parts += _stream(name)
    sections: dict[str, dict[str, object]] = {
        "uplink": {"host": "127.0.0.1", "port": port, "tls": False, "receiver_keys": [receiver_key]},
        "buffer": {"directory": "store", "max_bytes": "16MB", "free_floor": "1MB", "loss_window": "100ms"},
        "clock": {"source": "system"},
    }
    parts += [section(title, keys | extra.get(title, {})) for title, keys in sections.items()]
    return "\n".join(parts)


def _stream(name: str) -> list[str]:
    keys: dict[str, object] = {
        "title": name,
        "description": "A test",
        "purpose": "A test",
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "access": "public",
        "window": "1s",
        "batch": "1s",
        "overflow": "drop_oldest",
    }
    if name == "scanner":
        keys["suppress_below"] = 10
    channels = [
        section(f"stream.{name}.channel.{channel}", {**more, "from": f"{name}.{source}", "rule": rule, "unit": unit})
        for channel, (source, rule, unit, more) in _CHANNELS[name].items()
    ]
    return [section(f"stream.{name}", keys), *channels]


class Corner:
    """One unit before simulated sensors.

    Attributes:
        unit: its files and its process.
        adapter: the I2C adapter, with its chips and faults.
        lines: the serial lines.
        muted: lines whose sensor sends nothing by itself.
        sent: how many frames were sent in which second, by line.
        before: called before each frame is sent, with its line's name: to spoil it.
    """

    def __init__(
        self,
        rig: Rig,
        name: str = "corner",
        *,
        sensors: Sequence[str] = ("weather", *LINES),
        port: int | None = None,
        program: Sequence[str] = ("-m", "agent"),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self._rig = rig
        self.sensors = sensors
        self.unit = rig.add(
            UnitPlan(name=name, sensors={}, streams=[], program=program, options=["--status-every", "0.5"])
        )
        text = configuration(
            self.unit,
            port=port or rig.broker.port,
            receiver_key=rig.receiver.key.public.line,
            sensors=sensors,
            extra=extra or {},
        )
        (self.unit.folder / "unit.toml").write_text(text)
        self.weather = Bme280Chip(TYPICAL)
        self.weather.set(temperature_c=21.5)
        self.chips: dict[int, SimulatedChip] = {WEATHER: self.weather, AIR: Scd4xChip()}
        self.adapter = SimulatedAdapter(self.chips)
        self.pms, self.sds, self.gnss = (
            SimulatedPms(),
            SimulatedSds011(),
            SimulatedGnss(utc=datetime.now(tz=UTC), interval_s=_TICK_S),
        )
        self.lines: dict[str, SimulatedLine] = {}
        self.muted: set[str] = set()
        self.sent: Counter[tuple[str, int]] = Counter()
        self.before: Callable[[str], None] = lambda _line: None
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Plug the sensors in and start the agent."""
        self.adapter.serve(self.unit.link("pole"))
        answers = {"dust": self.pms.command, "kerb": self.sds.command}
        for name in LINES:
            self.lines[name] = SimulatedLine(
                self.unit.link(name), on_receive=self._answering(name, answers.get(name))
            )
        self._ticking = asyncio.create_task(self._tick())
        self.unit.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the agent, in order if it still runs, and take the sensors away."""
        with contextlib.suppress(TimeoutError):
            if self.unit.process is not None:
                await self.unit.stop()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        self.adapter.close()
        for line in self.lines.values():
            line.close()

    def _answering(self, name: str, command: Callable[[bytes], bytes] | None) -> Callable[[bytes], None]:
        def answer(data: bytes) -> None:
            reply = b"" if command is None or name in self.muted else command(data)
            if reply:
                self.lines[name].send(reply, timeout_s=0)

        return answer

    async def _tick(self) -> None:
        frames = {"dust": self.pms.frame, "kerb": self.sds.frame, "gnss": self.gnss.frame, "scanner": _sightings}
        while True:
            for name, frame in frames.items():
                if name not in self.muted:
                    self.before(name)
                    self.lines[name].send(frame(), timeout_s=0)
                    self.sent[name, int(time.time())] += 1
            await asyncio.sleep(_TICK_S)

    def noise(self, line: str, count: int, *, chance: random.Random) -> None:
        """Send noise on a line."""
        self.lines[line].send(chance.randbytes(count), timeout_s=0)

    async def told(self, text: str, *, times: int = 1) -> None:
        """Return once the agent's log says something."""
        await self._until(lambda: self.log.count(text) >= times, what=f"the agent's log to say {text!r}")

    async def _until(self, condition: Callable[[], bool], *, what: str) -> None:
        """Return when `condition` holds; fail at once when the agent has ended."""

        def holds() -> bool:
            held = condition()
            assert held or self.unit.process is None or self.unit.process.exit_code is None, self.log
            return held

        await until(holds, what=what)

    async def all_ok(self) -> None:
        """Return once every sensor has given a reading."""
        for name in self.sensors:
            await self.told(f"sensor {name}: ok")

    async def more_rows(self, count: int = 2, *, streams: Sequence[str] | None = None) -> None:
        """Return once so many more rows of each of these streams (default: all) are stored."""
        wanted = Counter(row.stream for row in self.unit.stored)
        for stream in streams if streams is not None else [name for name in self.sensors if name in _CHANNELS]:
            wanted[stream] += count
        await self._until(lambda: not wanted - Counter(row.stream for row in self.unit.stored), what="more rows")

    @property
    def log(self) -> str:
        """What the agent has written so far."""
        return self.unit.log.read_text()

    async def status(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the status file's content once `condition` holds of it."""

        def holds() -> bool:
            known = self.unit.status()
            return bool(known and condition(known))

        await self._until(holds, what="the status")
        return self.unit.status()

    async def rows(self, stream: str | None = None) -> list[dict[str, Any]]:
        """Return the rows that the city has."""
        rows = await self._rig.receiver.rows(self.unit.plan.name)
        return [row for row in rows if stream in (None, row["stream"])]

    async def nothing_lost(self) -> list[dict[str, Any]]:
        """Return the city's rows once all that the agent stored is there; fails if they are not, or not right."""
        stored = {(row.stream, row.start_ms) for row in self.unit.stored}
        async with asyncio.timeout(20):
            while True:
                rows = await self.rows()
                if stored <= {(row["stream"], row["start_ms"]) for row in rows}:
                    break
                await asyncio.sleep(0.1)
        verdict = judge(
            self.unit.plan.name,
            key=self.unit.key.public,
            reported=[(row.stream, row.start_ms) for row in self.unit.stored],
            exported=rows,
            receiver_store=self._rig.receiver.store,
        )
        assert verdict.problems == []
        return rows

    def unread(self, rows: Sequence[Mapping[str, Any]], stream: str) -> list[tuple[int, int]]:
        """Return the windows in which the city has not all frames of a line, one more or less at their edges.

        The first windows, before the line was open, and the last one do not count.
        """
        found = {
            row["start_ms"] // 1000: row["values"]["samples"]["value"] for row in rows if row["stream"] == stream
        }
        counts = {second: int(found[second] or 0) for second in sorted(found)[2:-1]}
        return [(second, count) for second, count in counts.items() if abs(count - self.sent[stream, second]) > 1]

    async def nothing_false(self) -> dict[str, int]:
        """Return the samples of each stream at the city; fails if a value is there that no sensor has shown."""
        samples: Counter[str] = Counter()
        for row in await self.rows():
            for channel, entry in row["values"].items():
                if channel == "samples":
                    samples[row["stream"]] += int(entry["value"] or 0)
                elif channel in TRUE[row["stream"]] and entry["value"] is not None:
                    assert entry["value"] == TRUE[row["stream"]][channel], row
        return dict(samples)


def _sightings() -> bytes:
    return b"".join(render(device, -60) for device in DEVICES)
