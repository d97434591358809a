"""A simulated AHT20: it measures what it is told.

In: physical values (`Aht20Chip.set`) and I2C messages. Out: replies, and in `Aht20Chip.presented` the integers that a
right driver must make of them. Never: anything of the driver; the commands, times, checksum and conversions are typed
again (Aosong, DHT20 data sheet 1.0, pages 10 and 11; soft reset as in Adafruit_CircuitPython_AHTx0).
"""

import threading
import time
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up

_NS_PER_MS: Final = 1_000_000
_DURATION_MS: Final = {0xBA: 20, 0xBE: 10, 0xAC: 75}
_BUSY: Final = 0x80
_ALWAYS: Final = 0x10
_CALIBRATED: Final = 0x08
_TOP: Final = 0xFFFFF


def checksum(data: bytes) -> int:
    """Return the CRC-8 of the data sheet: X8+X5+X4+1, start 0xFF."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x131) if crc & 0x80 else crc << 1
    return crc


class Aht20Chip:
    """An AHT20 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        hung: while True, a measurement that has begun does not end.
        calibrated: whether it has loaded its calibration; a chip that restarted may have to be told to.
        broken: while True, it cannot load its calibration.
        bad_checksums: how many replies from now on carry a wrong checksum.
    """

    def __init__(self, *, calibrated: bool = True, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.hung = self.broken = False
        self.calibrated = calibrated
        self.bad_checksums = 0
        self._mono_ns = mono_ns
        self._lock = threading.RLock()
        self._busy_until_ns = 0
        self._measuring = False
        self._air = self._shown = (0, 0)
        self.set(temperature_c=20, humidity_pct=50)

    def set(self, *, temperature_c: Physical, humidity_pct: Physical) -> None:
        """Change the air around the chip from now on."""
        words = (Fraction(humidity_pct) / 100, (Fraction(temperature_c) + 50) / 200)
        with self._lock:
            humidity, temperature = (min(max(round(word * 2**20), 0), _TOP) for word in words)
            self._air = (humidity, temperature)

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest measurement: 0.01 degree Celsius and 0.01 %RH."""
        humidity, temperature = self._shown
        return {
            "temperature": half_up(Fraction(temperature * 20_000, 2**20) - 5_000),
            "humidity": half_up(Fraction(humidity * 10_000, 2**20)),
        }

    def write(self, data: bytes) -> None:
        """Take a command.

        Raises:
            NotAcknowledged: it is not one of this chip's.
        """
        if not data:
            return
        with self._lock:
            self._advance()
            if data not in (b"\xba", b"\xbe\x08\x00", b"\xac\x33\x00"):
                raise NotAcknowledged
            self._measuring = data[0] == 0xAC  # noqa: PLR2004 - the measurement
            self.calibrated |= data[0] == 0xBE and not self.broken  # noqa: PLR2004 - the initialisation
            self.hung &= data[0] != 0xBA  # noqa: PLR2004 - the soft reset
            self._busy_until_ns = self._mono_ns() + _DURATION_MS[data[0]] * _NS_PER_MS

    def read(self, length: int) -> bytes:
        """Return status, newest measurement and checksum, as far as they are asked for."""
        with self._lock:
            self._advance()
            busy = self._measuring or self._mono_ns() < self._busy_until_ns
            status = busy * _BUSY | _ALWAYS | self.calibrated * _CALIBRATED
            humidity, temperature = self._shown
            content = bytes([status]) + (humidity << 20 | temperature).to_bytes(5, "big")
            wrong = self.bad_checksums > 0 and length > len(content)
            self.bad_checksums -= wrong
            content += bytes([checksum(content) ^ (0x01 if wrong else 0x00)])
            return content.ljust(length, b"\xff")[:length]

    def stop(self) -> None:
        """Do nothing: a command and its reply are two transactions."""

    def _advance(self) -> None:
        if self._measuring and not self.hung and self._mono_ns() >= self._busy_until_ns:
            self._measuring, self._shown = False, self._air
