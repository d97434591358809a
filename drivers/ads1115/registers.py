"""The ADS1115's registers and settings.

Sources, by number:
    [1] Texas Instruments, ADS111x data sheet, SBAS444E, May 2009, revised December 2024: table 7-1 (full scale and
        step), the config register's table.
    [2] Texas Instruments, ADS1115-Q1 data sheet, SBAS563, December 2011: pages 18 (pointer and registers) and 20
        (thresholds). The ADS1115-Q1 is the ADS1115 for cars.
    [3] Linux, ``drivers/iio/adc/ti-ads1015.c`` (addresses, data rates, the tenth that the oscillator may be off).
    [4] Texas Instruments, ADS1115-Q1 data sheet, SBAS563B, revised December 2015, page 1 (supply).
    [5] Texas Instruments, ADS111x data sheet, SBAS444D, revised January 2018, section 9.6.4 (thresholds).
"""

from typing import Final

CHIP: Final = "ads1115"
ADDRESSES: Final = (0x48, 0x49, 0x4A, 0x4B)
"""[3]: the ADDR pin at ground, VDD, SDA, SCL."""
INPUTS: Final = ("a0", "a1", "a2", "a3")
SUPPLY_MV: Final = (2000, 5500)
"""[4]: operating range."""

CONVERSION: Final = 0x00
CONFIG: Final = 0x01
LOW_THRESHOLD: Final = 0x02
HIGH_THRESHOLD: Final = 0x03
"""[2] page 18, table 6."""

THRESHOLDS: Final = {LOW_THRESHOLD: 0x8000, HIGH_THRESHOLD: 0x7FFF}
"""[5] and [2] page 20: low and high after power-up. The chip has no id; nothing here ever changes them, so they stand
for one."""

START: Final = 0x8000
"""[1], OS: written, starts a conversion; read, 1 while none is running."""
SINGLE_ENDED: Final = 0b100
"""[1], MUX: 100 to 111 are AIN0 to AIN3 against ground."""
INPUT_SHIFT: Final = 12
GAINS: Final = {6144: 0b000, 4096: 0b001, 2048: 0b010, 1024: 0b011, 512: 0b100, 256: 0b101}
"""[1] and [3], PGA: full scale in millivolts to its bits."""
GAIN_SHIFT: Final = 9
SINGLE_SHOT: Final = 0x0100
"""[1], MODE: power down after one conversion."""
RATE_8_HZ: Final = 0b000 << 5
"""[3], DR: the slowest, which averages longest."""
NO_COMPARATOR: Final = 0b11
"""[1], COMP_QUE: the ALERT pin stays out of it."""

CONVERT_S: Final = 0.138
"""An eighth of a second, and the tenth that the oscillator may be off ([3])."""
RETRY_S: Final = 0.01
LOOKS: Final = 4

LARGEST: Final = 0x7FFF
SMALLEST: Final = -0x8000
"""The converter's last numbers; at them, the input is beyond full scale ([1], table 7-1 and equation 4)."""
STEPS: Final = 1 << 15
"""Steps from zero to full scale ([1], equation 4: the step is the full scale divided by 2^15)."""


def setting(number: int, full_scale_mv: int) -> int:
    """Return the config word that converts one input once."""
    source = (SINGLE_ENDED + number) << INPUT_SHIFT
    return START | source | GAINS[full_scale_mv] << GAIN_SHIFT | SINGLE_SHOT | RATE_8_HZ | NO_COMPARATOR
