"""How an SDS011 is told from others on a serial line, for `lamppost scan`.

One that reports only when it is asked answers a question about its settings; so would an SDS198. One that sleeps
answers nothing but the command that wakes it, which is not sent.
"""

from typing import Final

from drivers import novafitness
from drivers.identity import Certainty, Question, SerialIdentity, sure
from drivers.novafitness import Command
from drivers.sds011.driver import REPORT


def _hear(data: bytes) -> Certainty | None:
    """Return how sure reports make us; a reply alone could be another model's of the family."""
    frames = REPORT.framer().feed(data)
    reports = sum(frame.startswith(REPORT.header) for frame in frames)
    return sure(reports) or (Certainty.POSSIBLE if frames else None)


IDENTITY: Final = SerialIdentity(
    hear=_hear,
    by="the checksums of its frames",
    questions=(Question(send=novafitness.query(Command.REPORTING_MODE), wait_s=1.5),),
)
