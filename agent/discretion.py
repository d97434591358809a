"""What may be kept of a sensor in a transcript, which is what it said, unfiltered.

In: a sensor's plan; what came on its line. Out: nothing, or a refusal that names kinds and counts nothing else.
Never: what was found; a sensor that tells of people or places.

A model's channels tell what its driver reads; they do not tell what else is in its messages, or who else is on its
line. So what came is looked at by the tripwire too, whole, also what the driver took and what it passed over.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from agent.config.plans import SensorPlan
from agent.errors import LamppostError
from drivers.model import Driver, Tripwired
from drivers.reading import Sensitivity
from drivers.tripwire import LONGEST_LOOK, kind_of

_BETWEEN: Final = re.compile(rb'":|[^\x21-\x7e]+|[,;|{}"\[\]]+')
"""What separates the fields of any message: punctuation, blank space, and whatever is no text."""
_BETWEEN_TEXTS: Final = re.compile(rb'":|[^\x20-\x7e]+|[,;|{}"\[\]]+')
"""The same without the blank: numbers of telephones and cards, and plates, are written with blanks inside."""
_STEP: Final = LONGEST_LOOK // 2
"""Long fields are looked at piece by piece, and no identifier is so long that it is in none of them whole."""


class NotTaped(LamppostError):
    """Nothing can be kept of this sensor, or nothing was."""


def refuse(plan: SensorPlan) -> None:
    """Return if the sensor may be taped.

    Raises:
        NotTaped: it tells of people or places.
    """
    private = [
        channel.name
        for channel in plan.model.channels
        if channel.sensitivity is not Sensitivity.MEASUREMENT or channel.group is not None
    ]
    if private:
        raise NotTaped(
            f"no transcript is kept of sensor {plan.name}: its {', '.join(private)} can tell of people or places, "
            "and a transcript is what it measured, unfiltered"
        )


def refuse_somebody(plan: SensorPlan, *, arrived: bytes, drivers: Iterable[Driver]) -> None:
    """Return if nothing that was on the sensor's line looks like somebody's identifier.

    Args:
        plan: of the sensor.
        arrived: everything that came and would be kept.
        drivers: what listened, with their own counts of lines that they dropped.

    Raises:
        NotTaped: something does.
    """
    kinds = {kind for driver in drivers if isinstance(driver, Tripwired) for kind in driver.trips}
    kinds |= {kind.value for piece in _pieces(arrived) if (kind := kind_of(piece)) is not None}
    if kinds:
        raise NotTaped(
            f"no transcript is kept of sensor {plan.name}: what came on its line has something that looks like "
            f"somebody's identifier ({', '.join(sorted(kinds))}); look what else its messages hold, and what else is "
            "connected"
        )


def _pieces(arrived: bytes) -> Iterator[bytes]:
    """Yield everything in which an identifier can be: fields, also with the blanks in them."""
    for separator in (_BETWEEN, _BETWEEN_TEXTS):
        for field in separator.split(arrived):
            yield from (field[at : at + LONGEST_LOOK] for at in range(0, max(1, len(field) - _STEP), _STEP))
