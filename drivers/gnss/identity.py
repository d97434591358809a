"""How a GNSS receiver is told from others on a serial line, for `lamppost scan`.

What it says is counted here and goes nowhere: it is where the unit stands.
"""

from typing import Final

from drivers.gnss.driver import sentence_parser
from drivers.identity import SerialIdentity, by_count

IDENTITY: Final = SerialIdentity(
    hear=by_count(sentence_parser), by="the checksums of its sentences", rates=(4800, 38_400, 115_200)
)
"""4800 is NMEA 0183's own rate; 38400 and 115200 are what newer receivers leave the factory with (unverified)."""
