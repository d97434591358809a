"""A simulated Winsen MH-Z19B: given the air, it answers. It knows nothing of the driver.

In: a concentration, or recorded answers; requests. Out: answers, and the number they carry. Never: input, output: a
line sends what `command` returns.

Retyped from the MH-Z19B User's Manual, page 7, and avaldebe/PyPMS, src/pms/sensors/winsen/mhz19b.py.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Self

_FRAME_BYTES = 9
_START = b"\xff\x01"
_READ, _SELF_CALIBRATION = 0x86, 0x79
_ON = 0xA0
_HIGHEST_PPM = 10_000


class SimulatedMhz19b:
    """One sensor.

    Attributes:
        warming_up: its answers are zero throughout.
        self_calibration: None until somebody has set it.
        mute: it hears everything and answers nothing.
        spoilt: how many of the next answers have a wrong checksum.
        asked: how often it was asked for the concentration.
    """

    def __init__(self, *, co2_ppm: float = 420.0) -> None:
        self.warming_up = False
        self.self_calibration: bool | None = None
        self.mute = False
        self.spoilt = 0
        self.asked = 0
        self._content = bytes(6)
        self._recorded: Iterator[bytes] | None = None
        self._heard = b""
        self.set(co2_ppm=co2_ppm)

    @classmethod
    def replaying(cls, frames: Iterable[bytes], *, repeat: bool = True) -> Self:
        """Return a sensor that answers with what was recorded, over and over if `repeat`."""
        contents = [frame[2:8] for frame in frames]
        sensor = cls()
        sensor._recorded = itertools.cycle(contents) if repeat else iter(contents)
        return sensor

    def set(self, *, co2_ppm: float) -> None:
        """Set the air; shown in whole ppm, up to 10 000."""
        self._content = min(max(round(co2_ppm), 0), _HIGHEST_PPM).to_bytes(2, "big") + bytes(4)

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last answer must say."""
        return {"co2": None if self.warming_up else int.from_bytes(self._content[:2], "big")}

    def command(self, data: bytes) -> bytes:
        """Return the answers to bytes written to the sensor, in any portions."""
        self._heard += data
        answer = b""
        while (start := self._heard.find(_START)) >= 0 and len(self._heard) >= start + _FRAME_BYTES:
            request = self._heard[start : start + _FRAME_BYTES]
            self._heard = self._heard[start + _FRAME_BYTES :]
            if sum(request[1:]) % 256 == 0:
                answer += self._obey(request[2], request[3])
        return answer

    def _obey(self, order: int, value: int) -> bytes:
        if order == _SELF_CALIBRATION:
            self.self_calibration = value == _ON
        if order != _READ:
            return b""
        self.asked += 1
        if self._recorded is not None:
            self._content = next(self._recorded, self._content)
        return b"" if self.mute else self._answer()

    def _answer(self) -> bytes:
        content = bytes([_READ]) + (bytes(6) if self.warming_up else self._content)
        check = (0x100 - sum(content)) % 256
        if self.spoilt:
            self.spoilt -= 1
            check ^= 0xFF
        return b"\xff" + content + bytes([check])
