"""A simulated Benewake TFmini: given a distance, it gives frames, and it answers commands. It knows no driver.

In: distance, strength, temperature; commands. Out: frames, and the numbers in them. Never: input, output: a line
sends what `frame` and `command` return.

Retyped from Benewake's TFmini Plus data sheet A04, pages 4 and 5, and TFmini-S Product Manual, pages 12 and 17.
"""

_WEAK, _STRONG, _BRIGHT = -1, -2, -4
_SATURATED = 0xFFFF
_LEAST_STRENGTH = 100
_COMMAND = 0x5A
_RATE, _FORMAT = 0x03, 0x05


class SimulatedTfmini:
    """One TFmini-S; `frame` a hundred times a second is what it sends at first.

    Attributes:
        rate_hz: frames a second.
        deaf: its RX is not connected.
        thermometer: False for a first TFmini.
    """

    def __init__(self, *, thermometer: bool = True) -> None:
        self.rate_hz = 100
        self.deaf = False
        self.thermometer = thermometer
        self._words = (100, 1000, 0)
        self._heard = b""
        self.set(distance_cm=123.0)

    def set(self, *, distance_cm: float, strength: int = 1000, temperature_c: float = 25.0) -> None:
        """Set what reflects: a strength of 100 or less is too weak, one of 65535 too strong."""
        shown = round(distance_cm)
        if strength == _SATURATED:
            shown = _STRONG
        elif strength <= _LEAST_STRENGTH:
            shown = _WEAK
        self._words = (shown, strength, round((temperature_c + 256) * 8))

    def dazzle(self) -> None:
        """Let the sun shine into it."""
        self._words = (_BRIGHT, *self._words[1:])

    @property
    def presented(self) -> dict[str, int | None]:
        """What a reading of the next frame must say; the temperature in thousandths."""
        distance, strength, temperature = self._words
        return {
            "distance": distance if distance > 0 else None,
            "strength": None if strength == _SATURATED else strength,
            "temperature": temperature * 125 - 256_000 if self.thermometer else None,
        }

    def frame(self) -> bytes:
        """Return the next frame."""
        distance, strength, temperature = self._words
        last = temperature if self.thermometer else 2
        words = (distance % 0x10000, strength, last)
        content = b"\x59\x59" + b"".join(word.to_bytes(2, "little") for word in words)
        return content + bytes([sum(content) % 256])

    def command(self, data: bytes) -> bytes:
        """Return the answers to bytes written to the sensor, in any portions."""
        if self.deaf:
            return b""
        self._heard += data
        answer = b""
        while (start := self._heard.find(_COMMAND)) >= 0 and len(self._heard) > start + 1:
            end = start + self._heard[start + 1]
            if len(self._heard) < end:
                break
            order, self._heard = self._heard[start:end], self._heard[end:]
            if sum(order[:-1]) % 256 == order[-1]:
                answer += self._obey(order)
        return answer

    def _obey(self, order: bytes) -> bytes:
        if order[2] == _RATE:
            self.rate_hz = int.from_bytes(order[3:5], "little")
        return order if order[2] in {_RATE, _FORMAT} else b""
