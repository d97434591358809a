"""The LIS3DH's registers and settings.

Sources, by number:
    [1] STMicroelectronics, LIS3DH data sheet, DocID17530 Rev 2, December 2016: pages 16, 17 (modes), 19, 22, 23, 41
        (FIFO), 25 (addresses), 43, 48 (thresholds), 47 (clicks).
    [2] STMicroelectronics, ``lis3dh-pid``, ``lis3dh_reg.h`` and ``lis3dh_reg.c`` (registers, bits, sensitivities,
        cut-off frequencies).
    [3] Adafruit, ``adafruit_lis3dh.py`` 5.2.10 (auto-increment by the highest bit, click settings).
    [4] hexdocs.pm/lis3dh 0.1.0, ``LIS3DH.Click``; the numbers as in several drivers of the LIS2DH12.
    [5] STMicroelectronics, ``lis2dh12-pid``, ``lis2dh12_reg.h``.
"""

from typing import Final

CHIP: Final = "lis3dh"
ADDRESSES: Final = (0x18, 0x19)
"""[1] page 25: the SA0 pin at ground, at the supply; most boards have a pull-up or a pull-down there."""

WHO_AM_I: Final = 0x0F
CHIP_ID: Final = 0x33
"""[2]. The LIS2DH12 has the same id and, as far as it is used here, the same registers ([5])."""

INCREMENT: Final = 0x80
"""[3]: set in a register's number, the number counts up within a transfer."""

CTRL_REG1: Final = 0x20
CONTROL_LENGTH: Final = 6
"""CTRL_REG1 to CTRL_REG6."""
POWER_DOWN: Final = 0x00
ALL_AXES: Final = 0x07
RATES: Final = {50: 0x40, 100: 0x50, 200: 0x60, 400: 0x70}
"""[2], ODR: samples a second to the bits of CTRL_REG1."""
HIGH_PASS_FOR_CLICKS: Final = 0b10 << 6 | 0b00 << 4 | 0b100
"""CTRL_REG2 [2]: mode "normal", the strongest cut-off (a fiftieth of the rate), for the click detection only. Gravity
does not count for a click then; the samples are not filtered."""
NO_PIN: Final = 0x00
"""CTRL_REG3, CTRL_REG6: nothing is told on an interrupt pin."""
WHOLE_SAMPLES_FINE: Final = 0x80 | 0x08
"""CTRL_REG4 [2]: BDU, so that both bytes are of one sample, and HR, 12 bits."""
RANGES: Final = {2: 0x00, 4: 0x10, 8: 0x20, 16: 0x30}
"""[2], FS: full scale in g to the bits of CTRL_REG4."""
MG_PER_DIGIT: Final = {2: 1, 4: 2, 8: 4, 16: 12}
"""[2], ``lis3dh_from_fs*_hr_to_mg``: full scale in g to thousandths of g for 16 of the output's units."""
FIFO_ON: Final = 0x40
"""CTRL_REG5 [2]."""

OUTPUT: Final = 0x28
"""OUT_X_L. With the FIFO on, a read goes on from OUT_Z_H to the next sample's OUT_X_L ([1] page 23: the address rolls
back)."""
SAMPLE_LENGTH: Final = 6
SATURATED: Final = 32_704
"""The largest output with the 10 bits of the FIFO ([1] page 19), left-justified; with 12 bits it is 32752. It stands
for anything beyond."""

FIFO_CTRL: Final = 0x2E
BYPASS: Final = 0x00
STREAM: Final = 0b10 << 6
"""[1] page 23: the newest 32 samples."""
FIFO_SRC: Final = 0x2F
OVERRUN: Final = 0x40
LEVEL: Final = 0x1F
DEPTH: Final = 32
"""[1] page 41: OVRN_FIFO is set while there are 32 unread samples."""

CLICK_CFG: Final = 0x38
SINGLE_CLICKS: Final = 0x15
"""[2] and [3]: single clicks on x, y and z."""
CLICK_SRC: Final = 0x39
CLICKED: Final = 0x40
"""[2], IA: at least one since the register was read, when it is latched."""
CLICK_THS: Final = 0x3A
LATCH: Final = 0x80
THRESHOLD_MG: Final = {2: 16, 4: 32, 8: 62, 16: 186}
"""Full scale in g to the thousandths of g that a step of the threshold stands for, as for the chip's other thresholds
([1] pages 43 and 48; for clicks, [4]. Unverified: [1] page 47 gives no unit for clicks, and AN3308 is also quoted
with 128ths of full scale, which is the same but at 16 g)."""
MOST_STEPS: Final = 0x7F
SHOCK_S: Final = 0.05
"""TIME_LIMIT: what stays above the threshold longer is no knock but a motor, or wind."""

SETTLING_SAMPLES: Final = 100
"""Until the high-pass filter has forgotten how it began, twelve of its time constants: longer than the 7 samples that
12 bits take to turn on ([1] page 17) and the 32 that fill the FIFO."""
LOOKS: Final = 4


def control(*, rate_hz: int, range_g: int) -> bytes:
    """Return what stands in CTRL_REG1 to CTRL_REG6 while it measures."""
    return bytes(
        [
            RATES[rate_hz] | ALL_AXES,
            HIGH_PASS_FOR_CLICKS,
            NO_PIN,
            WHOLE_SAMPLES_FINE | RANGES[range_g],
            FIFO_ON,
            NO_PIN,
        ]
    )


def clicks(*, rate_hz: int, range_g: int, knock_mg: int) -> bytes:
    """Return what stands in CLICK_THS, TIME_LIMIT, TIME_LATENCY, TIME_WINDOW, ACT_THS and ACT_DUR.

    The last two switch to a lower rate when nothing moves; they stay off.
    """
    threshold = -(-knock_mg // THRESHOLD_MG[range_g])
    return bytes([LATCH | threshold, round(rate_hz * SHOCK_S), 0, 0, 0, 0])
