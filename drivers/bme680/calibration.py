"""The trimming words of a BME680 or BME688: pure.

In: the three calibration bursts. Out: the words. Never: input, output, a clock.

Layout as in Pimoroni's ``constants.py``, which repeats Bosch's. Par_h1 and par_h2 share byte 0xE2: bits 3..0 are the
low bits of par_h1, bits 7..4 those of par_h2.
"""

import struct
from dataclasses import dataclass

from drivers.bme680 import registers
from drivers.decoding import reject_dead, signed
from drivers.errors import InvalidData


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The words, named as in Bosch's `bme68x_calib_data`."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    p10: int
    h1: int
    h2: int
    h3: int
    h4: int
    h5: int
    h6: int
    h7: int
    gh1: int
    gh2: int
    gh3: int
    res_heat_range: int
    res_heat_val: int
    range_sw_err: int


def calibration(low: bytes, high: bytes, heater: bytes) -> Calibration:
    """Return the words from the bursts at 0x8A, 0xE1 and 0x00.

    Raises:
        InvalidData: the bytes cannot come from a calibrated chip.
    """
    for block, where in ((low, "0x8a"), (high, "0xe1"), (heater, "0x00")):
        reject_dead(registers.CHIP, block, f"the calibration at {where}")
    t2, t3, p1, p2, p3, p4, p5, p7, p6, p8, p9, p10 = struct.unpack("<hbxHhbxhhbbxxhhB", low)
    h2, shared, h1, h3, h4, h5, h6, h7, t1, gh2, gh1, gh3 = struct.unpack("<BBBbbbBbHhbb", high)
    if t1 == 0 or p1 == 0:
        raise InvalidData(registers.CHIP, "par_t1 or par_p1 is zero: the chip has lost its calibration; replace it")
    return Calibration(
        t1=t1, t2=t2, t3=t3,
        p1=p1, p2=p2, p3=p3, p4=p4, p5=p5, p6=p6, p7=p7, p8=p8, p9=p9, p10=p10,
        h1=h1 << 4 | shared & 0x0F, h2=h2 << 4 | shared >> 4, h3=h3, h4=h4, h5=h5, h6=h6, h7=h7,
        gh1=gh1, gh2=gh2, gh3=gh3,
        res_heat_range=heater[2] >> 4 & 0x03,
        res_heat_val=signed(heater[0], 8),
        range_sw_err=signed(heater[4] >> 4, 4),
    )  # fmt: skip
