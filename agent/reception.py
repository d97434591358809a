"""What comes from the city, unverified: receipts for the outbox, control documents for whoever obeys them.

In: topics and bytes. Out: verified receipts, applied to the outbox; documents, put down as they came. Never: a row
deleted on somebody's word.
"""

import logging
from collections.abc import Callable

from agent.buffer.outbox import Outbox
from agent.buffer.records import ReceiptOutcome
from agent.receipts import ReceiptVerifier
from agent.wire import cose
from agent.wire.errors import WireError
from agent.wire.messages import Kind

_LOG = logging.getLogger(__name__)
COUNTERS = "receipts"
"""Where the highest receipt counters are kept across restarts."""


def _nobody(_unverified_data: bytes) -> None:
    """Stand for whoever obeys, until there is somebody."""


class Reception:
    """Takes messages from the publisher.

    Attributes:
        outcomes: how many receipts did what.
        refused: how many messages were not believed.
        on_control: takes a control document, unverified; set by whoever obeys.
    """

    def __init__(self, verifier: ReceiptVerifier, *, outbox: Outbox) -> None:
        self._verifier = verifier
        self._outbox = outbox
        self._told: set[str] = set()
        self.outcomes = dict.fromkeys(ReceiptOutcome, 0)
        self.refused = 0
        self.on_control: Callable[[bytes], None] = _nobody

    async def take(self, topic: str, unverified_data: bytes) -> None:
        """Apply a receipt, pass a control document on; anything else is counted, told once, and has no effect."""
        try:
            if cose.peek(unverified_data).kind is Kind.CONTROL:
                self.on_control(unverified_data)
                return
            receipt = self._verifier.verify(unverified_data)
        except WireError as error:
            self._refuse(topic, str(error))
            return
        await self._outbox.save_counters(COUNTERS, self._verifier.export())
        outcome = await self._outbox.receipt(
            stream=receipt.stream,
            epoch=receipt.epoch,
            seq=receipt.seq,
            hash=receipt.hash,
            receiver=receipt.receiver,
            resend_from=receipt.resend_from,
        )
        self.outcomes[outcome] += 1

    def _refuse(self, topic: str, reason: str) -> None:
        self.refused += 1
        if reason not in self._told:
            self._told.add(reason)
            _LOG.warning("%s: a message from the city was not believed and had no effect: %s", topic, reason)
