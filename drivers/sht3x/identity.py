"""How an SHT3x is told from other chips, for `lamppost scan`.

One that somebody left measuring by itself does not acknowledge this command.
"""

from typing import Final

from drivers.identity import I2cIdentity, words
from drivers.sensirion import request
from drivers.sht3x import commands

_SERIAL = commands.READ_SERIAL

IDENTITY: Final = I2cIdentity(
    steps=(words(request(_SERIAL), _SERIAL.reply_words, pause_s=0.01),),
    by="the checksums of its serial number",
    shy=True,
)
