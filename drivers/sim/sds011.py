"""A simulated Nova SDS011: given the air, it gives reports, and it answers commands. It knows nothing of the driver.

In: concentrations, or recorded frames; commands. Out: reports and replies, and the numbers they carry. Never: input,
output: a line sends what `frame` and `command` return.

Retyped from "Laser Dust Sensor Control Protocol V1.3" and avaldebe/PyPMS, SDS01x.py.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Self

_COMMAND_BYTES = 19
_REPORTING, _QUERY_DATA, _POWER, _FIRMWARE, _PERIOD = 2, 4, 6, 7, 8
_FIRMWARE_DATE = bytes([15, 7, 20])


class SimulatedSds011:
    """One sensor; `frame` once a second is what it sends in active mode.

    Attributes:
        device_id: two bytes in everything it sends.
        asleep: fan and laser are off.
        reporting: 0 active, 1 query.
        period_min: working period.
        deaf: its RX is not connected: it only talks.
        writes: how many settings have been written to its memory.
        kind: second byte of a report.
    """

    kind = 0xC0

    def __init__(self, *, device_id: bytes = b"\x58\xd9") -> None:
        self.device_id = device_id
        self.asleep = False
        self.reporting = 0
        self.period_min = 0
        self.deaf = False
        self.writes = 0
        self._words = (0, 0)
        self._recorded: Iterator[tuple[int, int]] | None = None
        self._heard = b""
        self.set(pm2_5_ug_m3=8.0, pm10_ug_m3=12.0)

    @classmethod
    def replaying(cls, frames: Iterable[bytes], *, repeat: bool = True) -> Self:
        """Return a sensor that sends the values of recorded frames, over and over if `repeat`."""
        words = [(int.from_bytes(frame[2:4], "little"), int.from_bytes(frame[4:6], "little")) for frame in frames]
        sensor = cls()
        sensor._recorded = itertools.cycle(words) if repeat else iter(words)
        return sensor

    def set(self, *, pm2_5_ug_m3: float, pm10_ug_m3: float) -> None:
        """Set the air; shown in tenths of a microgram, up to 999.9."""
        self._words = (self._tenths(pm2_5_ug_m3), self._tenths(pm10_ug_m3))

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the last report must say, in tenths; None for both when both are zero."""
        return dict(zip(("pm2_5", "pm10"), self._words if any(self._words) else (None, None), strict=True))

    def frame(self) -> bytes:
        """Return the next report; nothing while asleep or in query mode, or when a recording has ended."""
        return b"" if self.asleep or self.reporting else self._report()

    def command(self, data: bytes) -> bytes:
        """Return the answers to bytes written to the sensor, in any portions."""
        if self.deaf:
            return b""
        self._heard += data
        answer = b""
        while (start := self._heard.find(b"\xaa\xb4")) >= 0 and len(self._heard) >= start + _COMMAND_BYTES:
            request = self._heard[start : start + _COMMAND_BYTES]
            self._heard = self._heard[start + _COMMAND_BYTES :]
            if request[-1] == 0xAB and request[-2] == sum(request[2:17]) % 256:  # noqa: PLR2004 - tail
                answer += self._obey(request[2], setting=request[3] == 1, value=request[4])
        return answer

    def _obey(self, order: int, *, setting: bool, value: int) -> bytes:
        if order == _QUERY_DATA:
            return b"" if self.asleep else self._report()
        if order == _FIRMWARE:
            return self._send(0xC5, bytes([order]) + _FIRMWARE_DATE)
        if order == _POWER:
            self.asleep = value == 0 if setting else self.asleep
            return self._reply(order, setting=setting, value=int(not self.asleep))
        self.asleep = False  # any other command wakes it
        if order == _REPORTING:
            self.reporting = self._stored(self.reporting, value if setting else None)
            return self._reply(order, setting=setting, value=self.reporting)
        if order == _PERIOD:
            self.period_min = self._stored(self.period_min, value if setting else None)
            return self._reply(order, setting=setting, value=self.period_min)
        return b""

    def _stored(self, old: int, new: int | None) -> int:
        if new is None:
            return old
        self.writes += 1
        return new

    def _report(self) -> bytes:
        if self._recorded is not None:
            words = next(self._recorded, None)
            if words is None:
                return b""
            self._words = words
        return self._send(self.kind, b"".join(word.to_bytes(2, "little") for word in self._words))

    def _reply(self, order: int, *, setting: bool, value: int) -> bytes:
        return self._send(0xC5, bytes([order, int(setting), value, 0]))

    def _send(self, kind: int, content: bytes) -> bytes:
        data = content + self.device_id
        return bytes([0xAA, kind]) + data + bytes([sum(data) % 256, 0xAB])

    @staticmethod
    def _tenths(value_ug_m3: float) -> int:
        return min(max(round(value_ug_m3 * 10), 0), 9999)
