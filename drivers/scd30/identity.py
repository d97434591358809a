"""How an SCD30 is told from other chips, for `lamppost scan`.

A pause stands between command and reply: read at once, it stretches the clock.
"""

from typing import Final

from drivers.identity import Certainty, I2cIdentity, words
from drivers.scd30 import commands
from drivers.sensirion import request

_VERSION = commands.READ_FIRMWARE_VERSION

IDENTITY: Final = I2cIdentity(
    steps=(
        words(request(_VERSION), _VERSION.reply_words, pause_s=_VERSION.delay_s),
        words(request(commands.INTERVAL), commands.INTERVAL.reply_words, pause_s=commands.INTERVAL.delay_s),
    ),
    by="the checksums of its firmware's version and its interval",
    certainty=Certainty.CERTAIN,
    shy=True,
    stretches=True,
)
