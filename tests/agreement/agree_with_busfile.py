"""The suite itself, run with a BUSFILE: simulated adapters and a pseudo-terminal are the nodes that it names.

What stands there is not what the tests would show, and at other addresses, so that a test which goes on reading its
own simulated chip would not agree.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.line import SimulatedLine
from drivers.sim.sds011 import SimulatedSds011
from drivers.sim.sht import Sht4xChip
from drivers.sim.tca9548a import Tca9548aChip

_ROOT = Path(__file__).parents[2]
_EVERY_S = 0.2
_BUSFILE = """
[bus.i2c-1]
kind = "i2c"
path = "{folder}/i2c-1"

[bus.i2c-1-70-2]
kind = "i2c-mux"
bus = "i2c-1"
address = 0x70
channel = 2

[bus.line]
kind = "serial"
path = "{folder}/tty"

[sensor.weather]
model = "bme280"
bus = "i2c-1"
address = 0x77

[sensor.deep]
model = "sht4x"
bus = "i2c-1-70-2"
address = 0x45

[sensor.dust]
model = "sds011"
bus = "line"
"""


class _Restless:
    """Lets what is shown move, as it does on a bench."""

    def __init__(self, folder: Path) -> None:
        self._weather = Bme280Chip(TYPICAL)
        self._deep = Sht4xChip()
        self._dust = SimulatedSds011()
        mux = Tca9548aChip({2: {0x45: self._deep}})
        self._adapter = SimulatedAdapter({0x77: self._weather, 0x70: mux}).serve(folder / "i2c-1")
        self._line = SimulatedLine(folder / "tty", on_receive=self._answer)
        self._done = threading.Event()
        self._step = 0
        self._move()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._thread.join()
        self._line.close()
        self._adapter.close()

    def _answer(self, data: bytes) -> None:
        del data

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._move()

    def _move(self) -> None:
        self._step += 1
        part = Decimal(self._step % 10) / 50
        self._weather.set(temperature_c=17 + part, humidity_pct=Decimal(63), pressure_pa=Decimal(99_000))
        self._deep.set(temperature_c=-3 - part, humidity_pct=Decimal(71))
        self._dust.set(pm2_5_ug_m3=41, pm10_ug_m3=77 + float(part))
        self._line.send(self._dust.frame(), timeout_s=0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Path]:
    """Return the BUSFILE of three sensors that are there."""
    busfile = tmp_path / "bus.toml"
    busfile.write_text(_BUSFILE.format(folder=tmp_path))
    restless = _Restless(tmp_path)
    yield busfile
    restless.close()


def _suite(busfile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--config-file", "tests/agreement/pytest.ini", "--rootdir", "."]
    return subprocess.run(
        [*command, "tests/agreement", "-rs", "--hardware", str(busfile), *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.simulated("it is about the suite")
def test_suite_with_a_busfile_reads_the_listed_sensors_and_says_why_it_skips_the_rest(bench: Path) -> None:
    done = _suite(bench)
    assert done.returncode == 0, done.stdout + done.stderr
    agreed = [line.split() for line in done.stdout.splitlines() if " on /" in line]
    assert [(words[0], words[1]) for words in agreed] == [
        ("bme280", "RPi.bme280"),
        ("sds011", "pypms"),
        ("sht4x", "sensirion-i2c-sht"),
    ]
    assert all(words[-1] == "(simulated)" for words in agreed)
    assert "6 passed" in done.stdout
    for why in ("runs once: a real chip cannot be told", f"{bench} lists no scd30", "it knocks on the chip"):
        assert why in done.stdout


@pytest.mark.simulated("it is about the suite")
def test_suite_with_a_busfile_fails_for_another_chip_than_is_listed(bench: Path) -> None:
    bench.write_text(bench.read_text().replace('"bme280"', '"bmp280"'))
    done = _suite(bench, "-k", "listed and weather")
    assert done.returncode == 1
    assert "sensor weather: bmp280: another chip answers" in done.stdout


@pytest.mark.simulated("it is about the suite")
def test_suite_with_a_wrong_busfile_tells_file_line_and_key(bench: Path) -> None:
    bench.write_text('[bus.one]\nkind = "i2c"\npath = "/dev/i2c-1"\n[sensor.a]\nmodel = "bme820"\nbus = "one"\n')
    done = _suite(bench)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f'{bench}:5:9: there is no sensor model "bme820"' in done.stderr
    assert 'did you mean "bme680"' in done.stderr
