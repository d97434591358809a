"""How an INA219 is told from other chips, for `lamppost scan`.

It has no id. What speaks for it is the configuration it has after power-up, or the one that our driver leaves.
"""

from typing import Final

from drivers.identity import Ask, Certainty, I2cIdentity, Step, register
from drivers.ina219 import registers
from drivers.power_monitor import CALIBRATION, CONFIGURATION, POWER_DOWN


def _is_known(answer: bytes, _address: int) -> bool:
    word = int.from_bytes(answer, "big")
    return word in (registers.AFTER_RESET, POWER_DOWN) or word in map(registers.setting, registers.GAINS)


IDENTITY: Final = I2cIdentity(
    steps=(
        Step(ask=Ask(send=bytes([CONFIGURATION]), length=2), fits=_is_known),
        register(CALIBRATION, 0, registers.PART.calibration, length=2),
    ),
    by="its configuration",
    certainty=Certainty.LIKELY,
    whole=lambda answers: any(map(any, answers)),
)
