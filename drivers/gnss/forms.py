"""Which fields of a sentence are neither a number nor a code: what the tripwire is asked about. Pure.

In: the body of a sentence whose checksum holds. Out: the fields that no RMC, GGA or GNS has. Never: a judgement.

Every field of these three is empty, a decimal number or a few capital letters (ntpsec/gpsd,
drivers/driver_nmea0183.c, processRMC, processGGA, processGNS); nothing that has one of these forms looks like an
identifier. So a usual sentence costs one match, and none of its fields is looked at.
"""

import re
from typing import Final

_FIELD: Final = rb"(?:-?[0-9]{1,9}(?:\.[0-9]{0,12})?|[A-Z]{1,8})?"
_USUAL_FIELD: Final = re.compile(_FIELD)
_USUAL: Final = re.compile(rb"%b(?:,%b)*" % (_FIELD, _FIELD))


def odd_fields(body: bytes) -> list[bytes]:
    """Return the fields that are not what a field of a sentence is; usually there are none."""
    if _USUAL.fullmatch(body):
        return []
    return [field for field in body.split(b",") if not _USUAL_FIELD.fullmatch(field)]
