"""A simulated Hydreon RG-15: it rains on it, and it answers. It knows nothing of the driver.

In: rain, commands. Out: lines, and the numbers in them. Never: input, output: a line sends what `command`, `restart`
and `speak` return.

Retyped from esphome's hydreon_rgxx.cpp, waggle-sensor/plugin-raingauge and the RG-9 instruction guide. What it says
after a restart is what an RG-9 was recorded saying, with its own name.
"""

_INCH_MM = 25.4


class SimulatedRg15:
    """One sensor; its switches say inches, and that it speaks by itself.

    Attributes:
        mute: it hears everything and answers nothing.
        words: said behind every answer: ``TooCold``, ``LensBad``, ``EmSat``.
        heard: commands, in order.
        deaf: its RX is not connected.
    """

    def __init__(self) -> None:
        self.mute = False
        self.deaf = False
        self.words: tuple[str, ...] = ()
        self.heard: list[str] = []
        self._line = b""
        self._metric = self._polled = False
        self._acc = self._event = self._total = self._intensity = 0.0

    @property
    def metric(self) -> bool:
        """Whether it counts in millimetres."""
        return self._metric

    @property
    def polled(self) -> bool:
        """Whether it speaks only when it is asked."""
        return self._polled

    def rain(self, mm: float, *, mm_per_h: float) -> None:
        """Let it rain: `mm` more have fallen, and it goes on as hard as `mm_per_h` says."""
        self._acc += mm
        self._event += mm
        self._total += mm
        self._intensity = mm_per_h

    def dry(self) -> None:
        """End the rain."""
        self._event = self._intensity = 0.0

    @property
    def presented(self) -> dict[str, int]:
        """What a reading of the next answer must say, in hundredths of a millimetre, besides `rain`."""
        shown = {"event": self._event, "total": self._total, "intensity": self._intensity}
        return {name: round(value * 100) for name, value in shown.items()}

    def restart(self) -> bytes:
        """Cut the power and give it back; return what it says then."""
        self._metric = self._polled = False
        self._acc = self._event = self._total = self._intensity = 0.0
        return (
            b"Reset N\r\n;**********\r\n; HYDREON MODEL RG-15 RAIN GAUGE\r\nSW 1.000 2020.07.30\r\n"
            b"Emitters 100, EmTotal 200\r\nDIP 0000\r\nPwrDays 0\r\n\r\n"
        )

    def speak(self) -> bytes:
        """Return what it says by itself: an answer, unless it is polled."""
        return b"" if self._polled else self._answer()

    def command(self, data: bytes) -> bytes:
        """Return the answers to bytes written to the sensor, in any portions."""
        if self.deaf:
            return b""
        *lines, self._line = (self._line + data).split(b"\n")
        answer = b"".join(self._obey(line.decode().strip().upper()) for line in lines)
        return b"" if self.mute else answer

    def _obey(self, order: str) -> bytes:
        self.heard.append(order)
        match order:
            case "R":
                return self._answer()
            case "P" | "C":
                self._polled = order == "P"
            case "M" | "I":
                self._metric = order == "M"
            case "H" | "L":
                pass
            case _:
                return b""
        return order.lower().encode() + b"\r\n"

    def _answer(self) -> bytes:
        rate = "mmph" if self._metric else "iph"
        names = ("Acc", "EventAcc", "TotalAcc")
        parts = [
            f"{name} {self._shown(value)} {'mm' if self._metric else 'in'}"
            for name, value in zip(names, (self._acc, self._event, self._total), strict=True)
        ]
        self._acc = 0.0
        words = "".join(f", {word}" for word in self.words)
        return f"{', '.join(parts)}, RInt {self._shown(self._intensity)} {rate}{words}\r\n".encode()

    def _shown(self, mm: float) -> str:
        return f"{mm:5.2f}" if self._metric else f"{mm / _INCH_MM:5.3f}"
