"""A simulated OmniPreSense OPS243-A: vehicles pass, it reports their speeds. It knows nothing of the driver.

In: speeds, commands. Out: lines, and the speeds in them. Never: input, output: a line sends what `report`, `passage`
and `command` return.

Retyped from UM-003-A, OPS243-A User Manual, pages 7, 8 and 12, and the JSON example of OPS-UM-001-C, page 8.
"""

_UNITS = {
    "UM": ("m-per-sec", 1.0),
    "UC": ("cm-per-sec", 100.0),
    "UK": ("km-per-hr", 3.6),
    "US": ("mph", 3600 / 1609.344),
}


class SimulatedOps243:
    """One radar as it comes: metres a second, one number a line.

    Attributes:
        deaf: its RX is not connected.
        json: it reports objects of JSON.
        magnitude: it reports how strong the echo is.
        signs: how it says where something goes: in words, or as others expect it, ``+`` and ``-``.
    """

    def __init__(self, *, signs: tuple[str, str] = ("inbound", "outbound")) -> None:
        self.deaf = False
        self.json = False
        self.magnitude = False
        self.signs = signs
        self._unit = "UM"
        self._decimals = 1
        self._tick = 0
        self._heard = b""

    @property
    def unit(self) -> str:
        """The unit's name in its own answers."""
        return _UNITS[self._unit][0]

    def report(self, m_s: float, *, magnitude: int = 100) -> bytes:
        """Return the line for something at this speed; negative when it goes away."""
        self._tick += 1
        speed = f"{m_s * _UNITS[self._unit][1]:.{self._decimals}f}"
        if not self.json:
            return f"{magnitude},{speed}\r\n".encode() if self.magnitude else f"{speed}\r\n".encode()
        direction = self.signs[m_s < 0]
        echo = f'"magnitude":{magnitude}, ' if self.magnitude else ""
        text = (
            f'{echo}"speed":{speed}, "direction":"{direction}", "time":{self._tick}, "tick":{self._tick * 7 % 1000}'
        )
        return f"{{{text}}}\r\n".encode()

    def passage(self, m_s: float, *, reports: int = 5) -> list[bytes]:
        """Return the lines of a vehicle that passes: slower at first, by the angle."""
        return [self.report(m_s * (reports + 10 - late) / (reports + 10)) for late in range(reports - 1, -1, -1)]

    def detected(self, m_s: float) -> bytes:
        """Return the line for an object that it has confirmed itself."""
        return f'{{"DetectedObjectVelocity":"{m_s * _UNITS[self._unit][1]:.{self._decimals}f}"}}\r\n'.encode()

    def command(self, data: bytes) -> bytes:
        """Return the answers to bytes written to the sensor, in any portions."""
        if self.deaf:
            return b""
        *lines, self._heard = (self._heard + data).split(b"\n")
        return b"".join(self._obey(line.decode().strip()) for line in lines)

    def _obey(self, order: str) -> bytes:
        if order in _UNITS:
            self._unit = order
            return f'{{"Units":"{self.unit}"}}\r\n'.encode()
        if order in {"OJ", "Oj"}:
            self.json = order == "OJ"
        elif order in {"OM", "Om"}:
            self.magnitude = order == "OM"
        elif len(order) == len("F2") and order.startswith("F") and order[1] in "012345":
            self._decimals = int(order[1])
        elif order == "?P":
            return b'{"Product":"OPS243 Doppler"}\r\n'
        elif order == "?V":
            return b'{"Version":"1.3.1"}\r\n'
        return b""
