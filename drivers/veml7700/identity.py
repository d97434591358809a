"""How a VEML7700 is told from other chips, for `lamppost scan`.

It has no id that is known here. Bits of its configuration are always zeros; one that is all zeros says too little.
"""

from typing import Final

from drivers.identity import Ask, Certainty, I2cIdentity, Step
from drivers.veml7700 import registers

_USED = 0x1BF3
"""Gain, integration time, persistence, interrupt, shutdown (VEML6030 data sheet 84366, page 7)."""


def _fits(answer: bytes, _address: int) -> bool:
    word = int.from_bytes(answer, "little")
    return bool(word) and not word & ~_USED


IDENTITY: Final = I2cIdentity(
    steps=(Step(ask=Ask(send=bytes([registers.CONFIGURATION]), length=2), fits=_fits),),
    by="bits of its configuration",
    certainty=Certainty.LIKELY,
)
