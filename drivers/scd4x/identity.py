"""How an SCD4x is told from other chips, for `lamppost scan`.

While it measures it acknowledges only the first of the two commands, which takes nothing away from a measurement.
"""

from typing import Final

from drivers.identity import I2cIdentity, words
from drivers.scd4x import commands
from drivers.sensirion import request

_READY, _SERIAL = commands.GET_DATA_READY_STATUS, commands.GET_SERIAL_NUMBER

IDENTITY: Final = I2cIdentity(
    steps=(
        words(request(_READY), _READY.reply_words, pause_s=0.005),
        words(request(_SERIAL), _SERIAL.reply_words, pause_s=0.005),
    ),
    by="the checksums of its serial number",
    shy=True,
)
