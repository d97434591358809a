"""How an SPS30 is told from others on a serial line, for `lamppost scan`.

It is silent unless it is asked. One that sleeps answers nothing; it is not woken.
"""

from typing import Final

from drivers import sps30_output
from drivers.errors import ChipError
from drivers.identity import Certainty, Question, SerialIdentity
from drivers.shdlc import ReplyParser, request
from drivers.sps30_serial import decode, frames


def _hear(data: bytes) -> Certainty | None:
    """Return how sure replies make us: certain by the product's type, less so by the form of any reply."""
    replies = ReplyParser().feed(data)
    types = [reply for reply in replies if reply.command == frames.DEVICE_INFORMATION and not reply.error]
    if any(_is_sps30(decode.text(reply.data)) for reply in types):
        return Certainty.CERTAIN
    return Certainty.POSSIBLE if replies else None


def _is_sps30(product: str) -> bool:
    try:
        sps30_output.check_product(frames.CHIP, product)
    except ChipError:
        return False
    return True


IDENTITY: Final = SerialIdentity(
    hear=_hear,
    by="its product type",
    questions=(Question(send=request(frames.DEVICE_INFORMATION, frames.PRODUCT_TYPE), wait_s=0.5),),
)
