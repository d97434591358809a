"""A simulated street corner: two chips on an I2C adapter and three serial sensors, with a log of what they showed.

In: a folder. Out: device nodes in it, and one line of JSON for each sample, written on the sensors' side. Never: the
agent, a driver.

The log is what a comparison with the city's data begins with: it knows nothing of windows, rules or rounding. Each
line has the sensor's name, the time, and what it showed, numbers as decimal text in the unit of the quantity:

    {"sensor": "weather", "utc_ns": 1764000000512345678, "values": {"temperature": "17.31", ...}}

The chips are logged when their data registers are read, the serial sensors when they have sent. Every 20 s a tram
lets people out, so that the street is full and empty in turn.
"""

import argparse
import json
import math
import signal
import sys
import threading
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Final, TextIO

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.captures import read_hexdump, read_lines
from drivers.sim.gnss import ReplayedGnss
from drivers.sim.line import SimulatedLine
from drivers.sim.mac_scanner import SimulatedScanner
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.scd4x import Scd4xChip

ADAPTER: Final = "i2c-1"
DUST, GNSS, SCANNER = "tty-dust", "tty-gnss", "tty-scanner"
NODES: Final = (ADAPTER, DUST, GNSS, SCANNER)
_CHECKOUT: Final = Path(__file__).parents[2] / "tests" / "captures"
_INSTALLED: Final = Path(__file__).with_name("recordings")
_BME280, _SCD4X = 0x76, 0x62
_SLOW_S, _QUICK_S = 97.0, 41.0
_TRAM_EVERY_S, _TRAM_STAYS_S = 20, 10
_FULL_PER_S, _EMPTY_PER_S, _STAY_S = 2.4, 0.3, 3

_EXPONENTS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "weather": {"temperature": -2, "humidity": -2, "pressure": -1},
        "air": {"temperature": -2, "humidity": -2},
        "gnss": {"latitude": -7, "longitude": -7, "altitude": -1, "hdop": -2, "utc": -3},
    }
)
"""Powers of ten of the integers that the simulators say they present; 0 for those that are not here."""


class Log:
    """Writes one line for each sample, from whichever thread showed it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def sample(self, sensor: str, shown: Mapping[str, int | str | None]) -> None:
        """Note that `sensor` has shown these values now."""
        exponents = _EXPONENTS.get(sensor, {})
        values = {name: _in_words(value, exponents.get(name, 0)) for name, value in shown.items()}
        with self._lock:  # the time too, so that the lines stand in its order
            self._file.write(json.dumps({"sensor": sensor, "utc_ns": time.time_ns(), "values": values}) + "\n")
            self._file.flush()


class Corner:
    """The sensors, in a folder of device nodes."""

    def __init__(self, folder: Path, log: Log, *, seed: int) -> None:
        recordings = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
        self._log = log
        self._weather = Bme280Chip(TYPICAL, on_readout=lambda shown: log.sample("weather", shown))
        self._air = Scd4xChip(on_readout=lambda shown: log.sample("air", shown))
        self._dust = SimulatedPms.replaying(read_hexdump(recordings / "pmsx003.hexdump"))
        self._gnss = ReplayedGnss(read_lines(recordings / "gnss-bu353s4.log"))
        self._scanner = SimulatedScanner(seed=seed, arrivals_per_s=_FULL_PER_S, stay_s=_STAY_S)
        self._seconds = 0
        self._weathers()
        self._adapter = SimulatedAdapter({_BME280: self._weather, _SCD4X: self._air}).serve(folder / ADAPTER)
        self._lines = {name: SimulatedLine(folder / name) for name in (DUST, GNSS, SCANNER)}

    def second(self) -> None:
        """Let a second pass: the air drifts, each serial sensor sends what it sends once a second."""
        self._seconds += 1
        self._weathers()
        self._send(DUST, self._dust.frame())
        self._log.sample("dust", self._dust.presented)
        self._send(GNSS, self._gnss.frame())
        self._log.sample("gnss", self._gnss.presented)
        full = self._seconds % _TRAM_EVERY_S < _TRAM_STAYS_S
        self._scanner.arrivals_per_s = _FULL_PER_S if full else _EMPTY_PER_S
        self._send(SCANNER, self._scanner.frame())
        for address, rssi_dbm in self._scanner.presented:
            self._log.sample("scanner", {"mac": address.hex(":"), "rssi": rssi_dbm})

    def close(self) -> None:
        """Take the nodes away."""
        self._adapter.close()
        for line in self._lines.values():
            line.close()

    def _weathers(self) -> None:
        slow, quick = math.sin(self._seconds / _SLOW_S), math.sin(self._seconds / _QUICK_S)
        self._weather.set(
            temperature_c=_exact(17.3 + 4 * slow),
            humidity_pct=_exact(58 - 9 * slow),
            pressure_pa=_exact(99870 + 60 * quick),
        )
        self._air.set(
            co2_ppm=_exact(455 + 70 * quick), temperature_c=_exact(18 + 4 * slow), humidity_pct=_exact(55 - 8 * slow)
        )

    def _send(self, name: str, data: bytes) -> None:
        self._lines[name].send(data)


def _middle_of_second() -> float:
    """Return the next moment of wall time that is half a second from every full one."""
    return math.floor(time.time() + 0.5) + 0.5


def _exact(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))


def _in_words(value: int | str | None, exponent: int) -> str | None:
    return value if value is None or isinstance(value, str) else f"{Decimal(value).scaleb(exponent):f}"


def run(folder: Path, *, log: Path, seed: int, stop: threading.Event) -> None:
    """Serve the corner until `stop` is set; serial samples come in the middle of each second of wall time."""
    with log.open("w", encoding="utf-8") as file:
        corner = Corner(folder, Log(file), seed=seed)
        due_s = _middle_of_second()
        try:
            while not stop.wait(max(0.0, due_s - time.time())):
                if time.time() >= due_s:  # a clock that is being slewed wakes us early
                    corner.second()
                    due_s = _middle_of_second()
        finally:
            corner.close()


def main() -> int:
    """Serve the corner until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m drivers.sim.corner", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the device nodes are made")
    parser.add_argument("--log", type=Path, required=True, help="one line of JSON for each sample")
    parser.add_argument("--seed", type=int, default=1, help="of the people who pass")
    chosen = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(chosen.folder, log=chosen.log, seed=chosen.seed, stop=stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
