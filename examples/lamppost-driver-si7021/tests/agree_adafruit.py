"""Adafruit's driver reads the simulated chip and gets what it shows.

Needs adafruit-circuitpython-si7021 and what it depends on, so it runs by name only: pytest tests/agree_adafruit.py
"""

from typing import Any

import pytest
from simulated_si7021 import Si7021Chip

from drivers.sim.chip import NotAcknowledged

adafruit = pytest.importorskip("adafruit_si7021")


class Busio:
    """CircuitPython's busio.I2C with one chip on it."""

    def __init__(self, chip: Si7021Chip) -> None:
        self._chip = chip

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        """Do nothing."""

    def writeto(self, _address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        self._chip.write(bytes(buffer[start:end]))

    def readfrom_into(self, _address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        try:
            buffer[start:end] = self._chip.read(len(buffer[start:end]))
        except NotAcknowledged:
            raise OSError("not acknowledged") from None

    def writeto_then_readfrom(self, address: int, out: Any, into: Any, **limits: Any) -> None:
        self.writeto(address, out, start=limits.get("out_start", 0), end=limits.get("out_end"))
        self.readfrom_into(address, into, start=limits.get("in_start", 0), end=limits.get("in_end"))


@pytest.mark.parametrize(("celsius", "percent"), [(21.5, 43.0), (-35.0, 98.5), (84.9, 0.5)])
def test_adafruit_si7021_reads_what_the_simulated_chip_shows(celsius: float, percent: float) -> None:
    sensor = adafruit.SI7021(Busio(Si7021Chip(temperature_c=celsius, humidity_pct=percent)))
    assert sensor.temperature == pytest.approx(celsius, abs=0.02)
    assert sensor.relative_humidity == pytest.approx(percent, abs=0.02)
