"""A simulated SPS30 on a serial line: it measures the particles that it is told about, and answers commands.

In: physical values (`set`), bytes written to the sensor. Out: its replies, and in `presented` the integers that a
right driver must make of them once the sensor has settled. Never: input, output: a line sends what `command` returns;
the driver's own framing.

Retyped from Sensirion's SPS30 data sheet, version 2.0, June 2023: frames section 5.2, commands section 5.3.
"""

import struct
import time
from collections.abc import Callable
from typing import Final

from drivers.sim.sensirion_chip import Shown
from drivers.sim.sps30 import PRODUCT_TYPE, Particles, particles, presented_by

_START, _STOP, _READ, _SLEEP, _WAKE, _CLEAN = 0x00, 0x01, 0x03, 0x10, 0x11, 0x56
_INTERVAL, _INFORMATION, _VERSION, _STATUS, _RESET = 0x80, 0xD0, 0xD1, 0xD2, 0xD3
_OK, _LENGTH, _UNKNOWN, _PARAMETER, _NOT_NOW = 0x00, 0x01, 0x02, 0x04, 0x43
_LENGTHS: Final = {
    _START: (2,),
    _STOP: (0,),
    _READ: (0,),
    _SLEEP: (0,),
    _WAKE: (0,),
    _CLEAN: (0,),
    _INTERVAL: (1, 5),
    _INFORMATION: (1,),
    _VERSION: (0,),
    _STATUS: (1,),
    _RESET: (0,),
}
_WEEK_S: Final = 604_800
_NS_PER_S: Final = 1_000_000_000
_LONGEST: Final = 600
_STUFF: Final = ((b"\x7d", b"\x7d\x5d"), (b"\x7e", b"\x7d\x5e"), (b"\x11", b"\x7d\x31"), (b"\x13", b"\x7d\x33"))
"""The escape itself first, and last on the way back."""


def reply_frame(command: int, data: bytes = b"", *, state: int = 0) -> bytes:
    """Return a reply as it is on the wire."""
    content = bytes([0, command, state, len(data)]) + data
    content += bytes([0xFF - sum(content) % 256])
    for plain, stuffed in _STUFF:
        content = content.replace(plain, stuffed)
    return b"\x7e" + content + b"\x7e"


class SimulatedSps30Serial:
    """One SPS30.

    Attributes:
        status: its device status register.
        asleep: in sleep mode, in which only 0xFF and then a wake-up within 100 ms are heard.
        measuring: fan and laser are on.
        deaf: its RX is not connected.
        cleaning_until_ns: until then the fan is cleaned, and nothing new comes.
    """

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Power the sensor up, idle, in ordinary air."""
        self.status = 0
        self.asleep = False
        self.measuring = False
        self.deaf = False
        self.cleaning_until_ns = 0
        self._mono_ns = mono_ns
        self._heard = b""
        self._interval_s = _WEEK_S
        self._integers = False
        self._read_until_ns = 0
        self._woken_ns = -_NS_PER_S
        self._air: Particles = ()
        self.set(pm1_0=5.23, pm2_5=9.46, pm4_0=12.64, pm10=13.28, n0_5=26.31, n10=42.54, typical_size=0.83)

    def set(self, **values: float) -> Shown:
        """Change the air from now on and return `presented`; what is not given is zero."""
        self._air = particles(values)
        return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now, once settled."""
        return presented_by(self._air, failed=self._failed)

    def command(self, data: bytes) -> bytes:
        """Return the replies to bytes written to the sensor, in any portions."""
        if self.deaf:
            return b""
        if self.asleep:
            return self._stir(data)
        self._heard = (self._heard + data)[-_LONGEST:]
        answer = b""
        while self._heard.count(b"\x7e") > 1:
            _, content, rest = self._heard.split(b"\x7e", 2)
            self._heard = rest if content else b"\x7e" + rest
            answer += self._take(content)
        return answer

    @property
    def _failed(self) -> bool:
        return bool(self.status & 0x30)

    def _stir(self, data: bytes) -> bytes:
        now = self._mono_ns()
        woken_ns = now if data.startswith(b"\xff") else self._woken_ns
        self._woken_ns, self._heard = now, b""
        if data.removeprefix(b"\xff") != b"\x7e\x00\x11\x00\xee\x7e".replace(b"\x11", b"\x7d\x31"):
            return b""
        if now - woken_ns > _NS_PER_S // 10:
            return b""
        self.asleep = False
        return reply_frame(_WAKE)

    def _take(self, stuffed: bytes) -> bytes:
        content = stuffed
        for plain, each in reversed(_STUFF):
            content = content.replace(each, plain)
        if len(content) < 4 or content[-1] != 0xFF - sum(content[:-1]) % 256:  # noqa: PLR2004 - the shortest
            return b""
        if content[0] != 0 or content[2] != len(content) - 4:
            return b""
        error, data = self._obey(content[1], content[3:-1])
        return reply_frame(content[1], data, state=error | (0x80 if self._failed else 0))

    def _obey(self, command: int, data: bytes) -> tuple[int, bytes]:
        lengths = _LENGTHS.get(command)
        if lengths is None:
            return _UNKNOWN, b""
        if len(data) not in lengths:
            return _LENGTH, b""
        if command in {_READ, _INTERVAL, _INFORMATION, _VERSION, _STATUS}:
            return self._tell(command, data)
        return self._do(command, data), b""

    def _tell(self, command: int, data: bytes) -> tuple[int, bytes]:
        if command == _READ:
            return (_OK, self._sample()) if self.measuring else (_NOT_NOW, b"")
        if command == _INFORMATION:
            return self._information(data[0])
        if command == _VERSION:
            return _OK, bytes([2, 2, 0, 7, 0, 2, 0])
        if command == _STATUS:
            return _OK, self.status.to_bytes(4, "big") + b"\0"
        if len(data) == 1:
            return _OK, self._interval_s.to_bytes(4, "big")
        self._interval_s = int.from_bytes(data[1:], "big")
        return _OK, b""

    def _do(self, command: int, data: bytes) -> int:
        if command == _START:
            return self._start(data)
        if command == _STOP:
            return self._mode(measuring=False, needs=True)
        if command == _CLEAN:
            return self._clean()
        if command == _RESET:
            self.measuring = False
            return _OK
        if command == _SLEEP and not self.measuring:
            self.asleep = True
            return _OK
        return _NOT_NOW  # asleep it cannot be while it measures, nor woken while it is awake

    def _start(self, data: bytes) -> int:
        if data not in (b"\x01\x03", b"\x01\x05"):
            return _PARAMETER
        self._integers = data[1] == 5  # noqa: PLR2004 - the format
        self._read_until_ns = self._mono_ns()
        return self._mode(measuring=True, needs=False)

    def _mode(self, *, measuring: bool, needs: bool) -> int:
        if self.measuring != needs:
            return _NOT_NOW
        self.measuring, self.cleaning_until_ns = measuring, 0
        return _OK

    def _clean(self) -> int:
        if not self.measuring:
            return _NOT_NOW
        self.cleaning_until_ns = self._mono_ns() + 10 * _NS_PER_S
        return _OK

    def _sample(self) -> bytes:
        now = self._mono_ns()
        if now < self.cleaning_until_ns or now - self._read_until_ns < _NS_PER_S:
            return b""
        self._read_until_ns = now - (now - self._read_until_ns) % _NS_PER_S
        if self._integers:
            return struct.pack(">10H", *(round(each) for each in self._air[:-1]), round(self._air[-1] * 1000))
        return struct.pack(">10f", *self._air)

    def _information(self, which: int) -> tuple[int, bytes]:
        texts = {0x00: PRODUCT_TYPE, 0x03: "8CCABCFAE3201F49"}
        return (_OK, texts[which].encode() + b"\0") if which in texts else (_PARAMETER, b"")
