"""How a SEN50, SEN54 or SEN55 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.identity import I2cIdentity, words
from drivers.sen5x import commands
from drivers.sensirion import request

_NAME = commands.READ_PRODUCT_NAME

IDENTITY: Final = I2cIdentity(
    steps=(words(request(_NAME), _NAME.reply_words, pause_s=0.03),), by="the checksums of its product name"
)
