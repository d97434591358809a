"""How an SHT4x is told from other chips, for `lamppost scan`.

Its command has one byte: a chip with registers takes it for the number of one.
"""

from typing import Final

from drivers.identity import I2cIdentity, words
from drivers.sensirion import request
from drivers.sht4x import commands

_SERIAL = commands.READ_SERIAL

IDENTITY: Final = I2cIdentity(
    steps=(words(request(_SERIAL), _SERIAL.reply_words, pause_s=0.01),), by="the checksums of its serial number"
)
