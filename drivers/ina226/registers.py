"""The INA226's registers and settings.

Sources, by number:
    [1] Texas Instruments, INA226 data sheet, SBOS547, June 2011.
    [2] Texas Instruments, INA226 data sheet, SBOS547B, June 2011, revised September 2024.
    [3] Linux, ``drivers/hwmon/ina2xx.c``.
    [4] Texas Instruments, INA226 data sheet, ZHCS078B, the Chinese edition of [2]: table 6-2 (addresses).
    [5] Texas Instruments, INA226-Q1 data sheet, SBOS743A, revised May 2020: die id register (FFh).
"""

from typing import Final

from drivers.power_monitor import Part

CHIP: Final = "ina226"
ADDRESSES: Final = tuple(range(0x40, 0x50))
"""[1] page 1: sixteen, by what the pins A0 and A1 are tied to ([4] table 6-2)."""

MANUFACTURER_ID: Final = 0xFE
MANUFACTURER: Final = 0x5449
DIE_ID: Final = 0xFF
DIE: Final = 0x2260
REVISION: Final = 0x000F
"""[2] table 7-1. The lowest four bits of the die id are its revision ([5]); they are not looked at."""

AFTER_RESET: Final = 0x4127
"""[2] table 7-1: the configuration register after power-up."""
INA219_AFTER_RESET: Final = 0x399F
"""The same of an INA219, which has the same addresses (SBOS448F, page 25)."""

FIXED: Final = 0x4000
"""[1] page 18: bit 14 reads 1 after power-up and has no name."""
SIXTEEN_SAMPLES: Final = 0b010 << 9
"""[1] page 18, table 3."""
CONVERSION_1100_US: Final = 0b100 << 6 | 0b100 << 3
"""[1] page 19, tables 4 and 5: bus and shunt."""
TRIGGERED: Final = 0b011
"""[1] page 19, table 6: shunt and bus, once."""
SETTING: Final = FIXED | SIXTEEN_SAMPLES | CONVERSION_1100_US | TRIGGERED

SHUNT_FULL_TICKS: Final = 0x7FFF
"""[1] page 3: 81.92 mV at 2.5 microvolts a step."""

PART: Final = Part(
    chip=CHIP,
    calibration=2048,  # [1] page 15: current = shunt * calibration / 2048
    flags=0x06,  # [2] table 7-1: mask/enable
    ready=0x0008,  # [1] page 21, CVRF
    overflow=0x0004,  # [1] page 21, OVF
    measure_s=0.039,  # 16 times 1.21 ms, twice ([1] page 3, longest)
    retry_s=0.002,
    bus_uv=1250,
    shunt_nv=2500,
    bus_shift=0,
)
