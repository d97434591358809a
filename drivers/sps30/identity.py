"""How an SPS30 is told from other chips, for `lamppost scan`.

One that sleeps acknowledges nothing; it is not woken.
"""

from typing import Final

from drivers.identity import I2cIdentity, words
from drivers.sensirion import request
from drivers.sps30 import commands

_TYPE = commands.READ_PRODUCT_TYPE

IDENTITY: Final = I2cIdentity(
    steps=(words(request(_TYPE), _TYPE.reply_words, pause_s=0.01),), by="the checksums of its product type", shy=True
)
