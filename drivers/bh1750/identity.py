"""How a BH1750 is told from other chips, for `lamppost scan`.

It has neither id nor checksum: all that can be told without a command is that somebody answers a read.
"""

from typing import Final

from drivers.bh1750 import commands
from drivers.identity import Ask, Certainty, I2cIdentity, Step

IDENTITY: Final = I2cIdentity(
    steps=(Step(ask=Ask(length=commands.RESULT_LENGTH), fits=lambda _answer, _address: True),),
    by="its address only",
    certainty=Certainty.POSSIBLE,
)
