"""How a DS3231 is told from other chips, for `lamppost scan`.

It has no id. Bits of its registers are always zeros; they are read in one burst, which shows one moment.
"""

from typing import Final

from drivers.ds3231 import registers
from drivers.identity import Ask, Certainty, I2cIdentity, Step, alive


def _fits(answer: bytes, _address: int) -> bool:
    zeros = all(not answer[number] & mask for number, mask in registers.ALWAYS_ZERO.items())
    return alive(answer) and zeros and answer[registers.DATE] > 0


IDENTITY: Final = I2cIdentity(
    steps=(Step(ask=Ask(send=bytes([registers.FIRST]), length=registers.LENGTH), fits=_fits),),
    by="bits of its registers",
    certainty=Certainty.LIKELY,
)
