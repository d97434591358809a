"""How an AHT20 is told from other chips, for `lamppost scan`.

It has no id. Read without a word written, it shows its status and its last measurement with a checksum. Nothing is
written: at the same address a PCF8574A would put every byte on its outputs (NXP, PCF8574 data
sheet, Rev. 5, page 8).
"""

from typing import Final

from drivers.aht20 import commands
from drivers.crc import crc8_sensirion
from drivers.identity import Ask, Certainty, I2cIdentity, Step


def _fits(answer: bytes, _address: int) -> bool:
    return crc8_sensirion(answer[:-1]) == answer[-1] and len(set(answer)) > 1


IDENTITY: Final = I2cIdentity(
    steps=(Step(ask=Ask(length=commands.REPLY_LENGTH), fits=_fits),),
    by="the checksum of its last measurement",
    certainty=Certainty.LIKELY,
    shy=True,
)
