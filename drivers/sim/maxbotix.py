"""A simulated MaxBotix sensor in free run: given a distance, it gives lines. It knows nothing of the driver.

In: a distance. Out: lines, and the distance in them. Never: input, output: a line sends what `frame` returns.

Retyped from what the datasheets of the HRXL-MaxSonar-WR and the HRUSB-MaxSonar-EZ (PD12141h, page 3) say of the
serial output.
"""


class SimulatedMaxbotix:
    """One sensor; `frame` six times a second is what it sends.

    Attributes:
        nearest_mm: what it says of everything that is nearer.
        farthest_mm: beyond it, it sees nothing.
    """

    def __init__(self, *, millimetres: bool = True, nearest_mm: int = 300, farthest_mm: int = 4999) -> None:
        """Make a 5 m model that counts in millimetres, unless told otherwise."""
        self.nearest_mm = nearest_mm
        self.farthest_mm = farthest_mm
        self._divisor, self._digits = (1, 4) if millimetres else (10, 3)
        self._distance_mm: float | None = 1000.0

    def set(self, *, distance_mm: float | None) -> None:
        """Set the distance to what reflects, None for nothing."""
        self._distance_mm = distance_mm

    @property
    def presented(self) -> int | None:
        """The distance that a reading of the next line must say, in millimetres; None for no target."""
        if self._distance_mm is None or self._distance_mm > self.farthest_mm:
            return None
        return max(round(self._distance_mm / self._divisor) * self._divisor, self.nearest_mm)

    def frame(self) -> bytes:
        """Return the next line."""
        shown = self.presented
        number = self.farthest_mm // self._divisor + 1 if shown is None else shown // self._divisor
        return f"R{number:0{self._digits}}\r".encode()
