"""How a TMP102 is told from other chips, for `lamppost scan`.

It has no id. Two bits of its configuration are always ones and four always zeros.
"""

from typing import Final

from drivers.identity import Certainty, I2cIdentity, register
from drivers.tmp102 import registers

IDENTITY: Final = I2cIdentity(
    steps=(
        register(
            registers.CONFIGURATION,
            registers.RESOLUTION,
            length=2,
            mask=registers.RESOLUTION | registers.ALWAYS_ZERO,
        ),
    ),
    by="bits of its configuration",
    certainty=Certainty.LIKELY,
)
