"""A simulated MLX90614: words of RAM and EEPROM, each read with its packet error code.

In: physical values (`Mlx90614Chip.set`) and I2C messages. Out: replies, and in `Mlx90614Chip.presented` the integers
that a right driver must make of them. Never: anything of a driver; Melexis' data sheet (3901090614, pages 14 and 15)
and application note (390119061402, pages 14 and 17) are typed again here.
"""

import threading
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from drivers.sim.physical import Physical, half_up

Shown = Mapping[str, int | None]
"""Channel name to integer: 0.01 Cel; None where the sensor raises its error flag."""

_AMBIENT: Final = 0x06
_OBJECT: Final = 0x07
_EEPROM: Final = 0x20
_EMISSIVITY: Final = 0x24
_IDS: Final = {0x3C: 0x9F07, 0x3D: 0x1234, 0x3E: 0x4D01, 0x3F: 0x8035}
_LOWEST: Final = 0x27AD
_HIGHEST: Final = 0x7FFF
_FLAG: Final = 0x8000
_RAM_CELLS: Final = 0x20


class Mlx90614Chip:
    """An MLX90614 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        object_error: while True, the object temperature carries its error flag.
        bad_codes: how many more replies have a wrong packet error code.
    """

    def __init__(self, *, address: int = 0x5A) -> None:
        """Power the sensor up at 20 degrees Celsius, above a surface of 12 degrees."""
        self.object_error = False
        self.bad_codes = 0
        self._address = address
        self._words: dict[int, int] = {_EMISSIVITY: 0xFFFF, _EEPROM | 0x0E: address, **_IDS}
        self._scene: dict[str, Physical] = {"ambient_c": 20, "object_c": 12}
        self._command = 0
        self._lock = threading.RLock()

    def set(self, **scene: Physical) -> Shown:
        """Change ambient_c and object_c from now on and return `presented`; what is not given stays."""
        with self._lock:
            self._scene |= scene
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report now."""
        surface = None if self.object_error else self._kelvin("object_c") * 2 - 27315
        return {"object_temperature": surface, "ambient_temperature": self._kelvin("ambient_c") * 2 - 27315}

    def write(self, data: bytes) -> None:
        """Take a command. A word that is written is not taken: nothing here needs to be."""
        with self._lock:
            if data:
                self._command = data[0]

    def read(self, length: int) -> bytes:
        """Return low byte, high byte and packet error code of the word that was asked for, 0xFF behind it."""
        with self._lock:
            content = self._word().to_bytes(2, "little")
            code = _code(bytes([self._address * 2, self._command, self._address * 2 + 1]) + content)
            if self.bad_codes:
                self.bad_codes, code = self.bad_codes - 1, code ^ 0x40
            return (content + bytes([code])).ljust(length, b"\xff")[:length]

    def stop(self) -> None:
        """Forget the command: a word is read in the transaction that names it."""
        self._command = 0

    def _word(self) -> int:
        if self._command == _AMBIENT:
            return self._kelvin("ambient_c")
        if self._command == _OBJECT:
            return self._kelvin("object_c") | (_FLAG if self.object_error else 0)
        return self._words.get(self._command, 0 if self._command < _RAM_CELLS else 0xFFFF)

    def _kelvin(self, name: str) -> int:
        """Return a temperature in steps of 0.02 K, within the scale."""
        steps = half_up((Fraction(self._scene[name]) + Fraction("273.15")) * 50)
        return min(max(steps, _LOWEST), _HIGHEST)


def _code(data: bytes) -> int:
    """Return the remainder of `data` by x8 + x2 + x + 1, the first bit first."""
    remainder = int.from_bytes(data + b"\0", "big")
    for place in range(len(data) * 8 - 1, -1, -1):
        if remainder >> place + 8 & 1:
            remainder ^= 0x107 << place
    return remainder
