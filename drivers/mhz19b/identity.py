"""How an MH-Z19B is told from others on a serial line, for `lamppost scan`.

It is silent unless it is asked.
"""

from typing import Final

from drivers.identity import Question, SerialIdentity, by_count
from drivers.mhz19b import frames
from drivers.mhz19b.driver import framer

IDENTITY: Final = SerialIdentity(
    hear=by_count(framer),
    by="the checksum of its answer",
    questions=(Question(send=frames.READ + frames.READ, wait_s=1.0),),
)
"""Asked twice at once: two answers make it certain."""
