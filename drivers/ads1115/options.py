"""What a technician may say about each input of an ADS1115, and whether it can be. Pure.

In: the values of `[sensor.NAME.options]`. Out: checked options. Never: a register, a channel.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drivers.ads1115 import registers
from drivers.ads1115.signals import SPANS, Signal, Span, Unit

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TURN: Final = 360
_LARGEST_OHM: Final = 10_000_000
_LARGEST_VALUE: Final = Decimal(10) ** 9
_SMALLEST_SPAN: Final = Decimal(10) ** -6


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input.

    Attributes:
        signal: what is connected: "voltage", "4-20mA", "0-5V", "0-10V", "1-5V" or "0.5-4.5V".
        name: the channel of the measured quantity, such as "level"; needed for every signal but "voltage".
        unit: the unit of that channel, such as "m"; needed for every signal but "voltage".
        low: what is measured at the low end of the signal (4 mA, 0 V), in that unit.
        high: what is measured at the high end of the signal (20 mA, 5 V), in that unit.
        shunt_ohm: the resistor from the input to ground through which a 4-20mA loop flows.
        divider_ohm: the two resistors of a voltage divider: from the terminal to the input, from the input to ground.
        full_scale_mv: the converter's range: 6144, 4096, 2048, 1024, 512 or 256 mV at the input; without it, the
            smallest that holds the signal.
    """

    signal: Signal = Signal.VOLTAGE
    name: str = ""
    unit: Unit | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    shunt_ohm: Decimal | None = None
    divider_ohm: tuple[Decimal, Decimal] | None = None
    full_scale_mv: int | None = None

    def __post_init__(self) -> None:
        """Check that the keys fit each other.

        Raises:
            ValueError: they do not.
        """
        if self.full_scale_mv is not None and self.full_scale_mv not in registers.GAINS:
            raise ValueError("full_scale_mv must be one of 6144, 4096, 2048, 1024, 512 and 256")
        for key, ohm in self._resistors():
            if not 0 < ohm <= _LARGEST_OHM:
                raise ValueError(f"{key} must be above 0 and at most {_LARGEST_OHM} ohm")
        self._check_transmitter()
        if self.span is not None and self.span.current:
            self._check_loop()
        elif self.shunt_ohm is not None:
            raise ValueError('shunt_ohm goes with signal = "4-20mA" only')
        self._check_reach()

    @property
    def span(self) -> Span | None:
        """The transmitter's signal, None for a plain voltage."""
        return None if self.signal is Signal.VOLTAGE else SPANS[self.signal]

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """What is measured at the low and the high end of the signal; of a transmitter only."""
        if self.low is None or self.high is None:
            raise TypeError("a plain voltage has no bounds")
        return self.low, self.high

    @property
    def is_direction(self) -> bool:
        """Whether degrees of a turn are measured: they end at low and high, where a level may be a little beyond."""
        return self.unit is Unit.DEGREE and all(0 <= bound <= _TURN for bound in self.bounds)

    @property
    def range_mv(self) -> int:
        """The converter's range: what is written, or the smallest that holds the signal."""
        if self.full_scale_mv is not None:
            return self.full_scale_mv
        if self.span is None:
            return 4096
        need_mv = self.at_input_uv(self.span.over_above) / 1000
        return min(range_mv for range_mv in registers.GAINS if range_mv >= need_mv)

    @property
    def factor(self) -> tuple[int, int]:
        """Numerator and denominator of the signal (1e-6 A or V) in a microvolt at the input, as whole numbers."""
        if self.shunt_ohm is not None:
            return _ratio(Decimal(1), self.shunt_ohm)
        if self.divider_ohm is not None:
            top, bottom = self.divider_ohm
            return _ratio(top + bottom, bottom)
        return 1, 1

    def at_input_uv(self, micro: int) -> int:
        """Return the voltage at the input, rounded up, for a signal in 1e-6 A or V."""
        numerator, denominator = self.factor
        return -(-micro * denominator // numerator)

    def _resistors(self) -> list[tuple[str, Decimal]]:
        shunt = [] if self.shunt_ohm is None else [("shunt_ohm", self.shunt_ohm)]
        return shunt + [("divider_ohm", ohm) for ohm in self.divider_ohm or ()]

    def _check_transmitter(self) -> None:
        told = {"name": self.name, "unit": self.unit, "low": self.low, "high": self.high}
        if self.span is None:
            given = [key for key, value in told.items() if value not in ("", None)]
            if given:
                raise ValueError(f'{given[0]} says how a transmitter measures; signal = "voltage" has none')
            return
        missing = [key for key, value in told.items() if value in ("", None)]
        if missing:
            raise ValueError(
                f'signal = "{self.signal.value}" needs name, unit, low and high; {missing[0]} is missing'
            )
        if not _NAME.fullmatch(self.name) or self.name in registers.INPUTS:
            raise ValueError("name must be a lower-case letter, then letters, digits and _, and none of a0 to a3")
        low, high = self.bounds
        if not all(bound.is_finite() and abs(bound) <= _LARGEST_VALUE for bound in (low, high)):
            raise ValueError("low and high must be ordinary numbers up to a thousand million")
        if abs(high - low) < _SMALLEST_SPAN:
            raise ValueError("low and high must differ by 0.000001 at least")

    def _check_loop(self) -> None:
        if self.shunt_ohm is None:
            raise ValueError('signal = "4-20mA" needs shunt_ohm, the resistor that the current flows through')
        if self.divider_ohm is not None:
            raise ValueError('divider_ohm goes with a voltage; signal = "4-20mA" has a shunt')

    def _check_reach(self) -> None:
        """Refuse a signal that ends beyond the converter's range: its faults could not be told from it."""
        if self.span is None:
            return
        need_uv = self.at_input_uv(self.span.over_above)
        range_uv = 1000 * (self.full_scale_mv or max(registers.GAINS))
        if need_uv > range_uv:
            what = "shunt_ohm is too large" if self.span.current else "divider_ohm lets too much through"
            raise ValueError(f"{what}: at the end of the signal there are {need_uv // 1000} mV at the input")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is connected to the four inputs; with none of them, all four are reported in volts.

    Attributes:
        a0: the input A0; a table, empty for a plain voltage. Once one input is written, only those written are used.
        a1: the input A1.
        a2: the input A2.
        a3: the input A3.
        supply_mv: the chip's supply in millivolts. Its inputs are held there: what is above cannot be measured.
    """

    a0: Input | None = None
    a1: Input | None = None
    a2: Input | None = None
    a3: Input | None = None
    supply_mv: int = 3300

    def __post_init__(self) -> None:
        """Check that no two inputs give their channel the same name, and that no signal ends above the supply.

        Raises:
            ValueError: one does, or the supply cannot be.
        """
        self._check_supply()
        names = [name for _, entry in self.used for name in channel_names(entry)]
        for number, entry in self.used:
            if any(names.count(name) > 1 for name in channel_names(entry)):
                raise ValueError(f"{registers.INPUTS[number]} has the same name as another input: {entry.name}")

    def _check_supply(self) -> None:
        low, high = registers.SUPPLY_MV
        if not low <= self.supply_mv <= high:
            raise ValueError(f"supply_mv must be {low} to {high}, found {self.supply_mv}")
        for number, entry in self.used:
            need_mv = 0 if entry.span is None else entry.at_input_uv(entry.span.over_above) // 1000
            if need_mv > self.supply_mv:
                raise ValueError(
                    f"{registers.INPUTS[number]} would get {need_mv} mV at the end of its signal, and supply_mv is "
                    f"{self.supply_mv}: a smaller shunt, another divider, or write the supply that the chip has"
                )

    @property
    def used(self) -> tuple[tuple[int, Input], ...]:
        """The inputs that are converted, by number."""
        written = [(number, entry) for number, entry in enumerate((self.a0, self.a1, self.a2, self.a3)) if entry]
        return tuple(written) or tuple((number, Input()) for number in range(len(registers.INPUTS)))


def channel_names(entry: Input) -> tuple[str, ...]:
    """Return the names of the channels that a transmitter has besides its input's own."""
    return () if entry.span is None else (entry.name, f"{entry.name}_fault")


def _ratio(numerator: Decimal, denominator: Decimal) -> tuple[int, int]:
    first, second = numerator.as_integer_ratio(), denominator.as_integer_ratio()
    return first[0] * second[1], first[1] * second[0]
