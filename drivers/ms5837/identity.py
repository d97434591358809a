"""How an MS5837 is told from other chips, for `lamppost scan`.

Its calibration carries a checksum of four bits, and the product's code. It is read without the reset that the driver
sends; a sensor that was never reset since power-up may show zeros.
"""

from collections.abc import Sequence
from typing import Final

from drivers.errors import ChipError
from drivers.identity import Ask, I2cIdentity, Step, alive
from drivers.ms5837 import commands, decode
from drivers.ms5837.commands import Variant


def _holds(answers: Sequence[bytes]) -> bool:
    try:
        decode.calibration([int.from_bytes(answer, "big") for answer in answers], wanted=Variant.AUTO)
    except ChipError:
        return False
    return True


IDENTITY: Final = I2cIdentity(
    steps=tuple(
        Step(ask=Ask(send=bytes([command]), length=commands.PROM_WORD_LENGTH), fits=alive)
        for command in commands.PROM
    ),
    by="the checksum of its calibration, and its product code",
    whole=_holds,
)
