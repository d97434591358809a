"""How an SDS198 is told from others on a serial line, for `lamppost scan`."""

from typing import Final

from drivers.identity import Certainty, SerialIdentity, sure
from drivers.sds198.driver import Sds198


def _hear(data: bytes) -> Certainty | None:
    """Return how sure reports make us; a reply alone could be another model's of the family."""
    frames = Sds198.report.framer().feed(data)
    reports = sum(frame.startswith(Sds198.report.header) for frame in frames)
    return sure(reports) or (Certainty.POSSIBLE if frames else None)


IDENTITY: Final = SerialIdentity(hear=_hear, by="the checksums of its frames")
