"""A hundred simulated sensors on one unit: sixty chips on five I2C adapters, forty dust sensors on their own lines.

In: a folder, how many of each. Out: a configuration with a stream for every ten or so, and frames once a second.
Never: the agent. The adapters are reached by the ioctls of Linux (`tests.hil.testbed`), so that what a sample costs
the agent is what it costs on a unit, but for the kernel's own part.
"""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import SimulatedChip
from drivers.sim.line import SimulatedLine
from drivers.sim.mcp9808 import Mcp9808Chip
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.tmp117 import Tmp117Chip
from tests.hil.testbed import Testbed
from tests.support.agent_process import Site

ADAPTER_CHIPS: Final = (
    *(("mcp9808", address) for address in range(0x18, 0x20)),
    *(("tmp117", address) for address in range(0x48, 0x4C)),
)
"""What is on one adapter: model and address."""
CHIPS: Final = 60
LINES: Final = 40
_BUS: Final = """
[bus.{name}]
kind = "{kind}"
path = "{path}"
"""
_SENSOR: Final = """
[sensor.{name}]
model = "{model}"
bus = "{bus}"
{more}

[stream.{stream}.channel.{name}]
from = "{name}.{channel}"
rule = "mean"
unit = "{unit}"
"""
_STREAM: Final = """
[stream.{name}]
title = "{name}"
description = "One value of each sensor in each window"
purpose = "To measure the agent"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "10s"
batch = "60s"
overflow = "drop_oldest"
"""
_LINES_IN_A_STREAM: Final = 10
_SETTLE_S: Final = 0.5


class Field:
    """The sensors, on their buses; use as a context manager.

    Attributes:
        bed: the devices.
        site: the unit's files.
        sent: frames sent, by sensor.
    """

    def __init__(self, folder: Path, *, chips: int = CHIPS, lines: int = LINES) -> None:
        self.bed = Testbed()
        self.sent: Counter[str] = Counter()
        self._stop = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lines = {f"dust{at}": SimulatedLine(folder / f"tty-dust{at}") for at in range(lines)}
        self._source = SimulatedPms()
        self._thread = threading.Thread(target=self._feed, name="dust", daemon=True)
        parts = [*self._adapters(chips), *self._ports(folder)]
        self.site = Site(folder, parts=parts)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._flowing.set()
        self._thread.join()
        for line in self._lines.values():
            line.close()
        self.bed.close()

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """Have no frame on its way for a moment, so that those sent and those read can be compared."""
        self._flowing.clear()
        time.sleep(_SETTLE_S)
        yield
        self._flowing.set()

    def _adapters(self, chips: int) -> list[str]:
        """Make adapters with so many chips; return their part of the configuration."""
        parts = []
        places = ((number, model, address) for number in itertools.count() for model, address in ADAPTER_CHIPS)
        wanted = list(itertools.islice(places, chips))
        for number in sorted({number for number, _, _ in wanted}):
            made: dict[int, SimulatedChip] = {}
            parts.append(_BUS.format(name=f"i2c{number}", kind="i2c", path=f"/dev/i2c-{number}"))
            parts.append(_STREAM.format(name=f"i2c{number}"))
            for _, model, address in [place for place in wanted if place[0] == number]:
                made[address] = Mcp9808Chip() if model == "mcp9808" else Tmp117Chip()
                name, bus = f"chip{number}-{address:02x}", f"i2c{number}"
                more = f'address = 0x{address:02x}\ninterval = "1s"'
                channel = {"channel": "temperature", "unit": "Cel"}
                parts.append(_SENSOR.format(name=name, model=model, bus=bus, more=more, stream=bus, **channel))
            self.bed.plug_adapter(number, SimulatedAdapter(made), port=f"1-{number + 1}")
        return parts

    def _ports(self, folder: Path) -> list[str]:
        """Return the lines' part of the configuration."""
        parts = []
        for at, name in enumerate(self._lines):
            stream = f"dusts{at // _LINES_IN_A_STREAM}"
            if at % _LINES_IN_A_STREAM == 0:
                parts.append(_STREAM.format(name=stream))
            parts.append(_BUS.format(name=name, kind="serial", path=folder / f"tty-{name}"))
            channel = {"channel": "pm2_5", "unit": "ug/m3"}
            parts.append(_SENSOR.format(name=name, model="pmsx003", bus=name, more="", stream=stream, **channel))
        return parts

    def _feed(self) -> None:
        """Send a frame from each dust sensor once a second, spread over it as sensors are that nobody has aligned."""
        due_s = time.monotonic()
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            for at, (name, line) in enumerate(self._lines.items()):
                if self._stop.wait(max(0.0, due_s + at / len(self._lines) - time.monotonic())):
                    return
                self._flowing.wait()
                line.send(self._source.frame(), timeout_s=0)
                self.sent[name] += 1
            due_s = max(due_s + 1, time.monotonic())
