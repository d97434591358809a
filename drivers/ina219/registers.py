"""The INA219's registers and settings.

Sources, by number:
    [1] Texas Instruments, INA219 data sheet, SBOS448F, August 2008, revised September 2011.
    [2] Texas Instruments, INA219 data sheet, SBOS448G, August 2008, revised December 2015.
    [3] Linux, ``drivers/hwmon/ina2xx.c``.
"""

from typing import Final

from drivers.power_monitor import BUS_VOLTAGE, Part

CHIP: Final = "ina219"
ADDRESSES: Final = tuple(range(0x40, 0x50))
"""Sixteen, by what the pins A0 and A1 are tied to ([2] page 14, table 1). Boards with two pads have 0x40, 0x41, 0x44,
0x45."""

AFTER_RESET: Final = 0x399F
"""[1] page 25, table 4: the configuration register after power-up. The chip has no id; this stands for it."""
INA226_AFTER_RESET: Final = 0x4127
"""The same of an INA226, which has the same addresses (SBOS547B, table 7-1)."""

BUS_32_V: Final = 0x2000
"""[1] page 26, BRNG. The converter's range; the pins bear 26 V ([1] page 3, footnote 2)."""
GAINS: Final = {40: 0, 80: 1, 160: 2, 320: 3}
"""[1] page 26, table 5: full scale in millivolts to the bits PG1 and PG0."""
GAIN_SHIFT: Final = 11
SIXTEEN_SAMPLES: Final = 0b1100 << 7 | 0b1100 << 3
"""[1] page 27, table 6: averages of 16 samples of 12 bits, 8.51 ms each, for both voltages."""
TRIGGERED: Final = 0b011
"""[1] page 27, table 7: shunt and bus, once."""

BUS_FULL_TICKS: Final = 8000
"""[1] page 30: 32 V at 4 mV a step."""
SHUNT_TICKS_PER_MV: Final = 100
"""[1] page 3: 10 microvolts a step."""

PART: Final = Part(
    chip=CHIP,
    calibration=4096,  # [1] page 30: current = shunt * calibration / 4096
    flags=BUS_VOLTAGE,
    ready=0x0002,  # [1] page 30, CNVR
    overflow=0x0001,  # [1] page 30, OVF
    measure_s=0.019,  # twice 8.51 ms, and the tenth that 586 is above 532 microseconds ([1] page 3)
    retry_s=0.002,
    bus_uv=4000,
    shunt_nv=10_000,
    bus_shift=3,
)


def setting(range_mv: int) -> int:
    """Return the configuration word for a full scale of the shunt voltage."""
    return BUS_32_V | GAINS[range_mv] << GAIN_SHIFT | SIXTEEN_SAMPLES | TRIGGERED
