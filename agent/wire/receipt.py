"""The layout of a receipt."""

from agent.wire import fields
from agent.wire.messages import EPOCH_BYTES, HASH_BYTES, Receipt

RECEIVER_BYTES = 8


def receipt_map(receipt: Receipt) -> dict[int, object]:
    """Return the fields of a receipt, checked."""
    layout: dict[int, object] = {
        0: fields.VERSION,
        1: fields.sized(receipt.receiver, "receipt receiver", RECEIVER_BYTES),
        2: fields.sized(receipt.receiver_epoch, "receipt receiver epoch", EPOCH_BYTES),
        3: fields.bounded(receipt.counter, "receipt counter"),
        4: fields.name(receipt.unit, "receipt unit"),
        5: fields.name(receipt.stream, "receipt stream"),
        6: fields.sized(receipt.epoch, "receipt epoch", EPOCH_BYTES),
        7: fields.bounded(receipt.seq, "receipt seq"),
        8: fields.sized(receipt.hash, "receipt hash", HASH_BYTES),
    }
    if receipt.resend_from is not None:
        layout[9] = fields.bounded(receipt.resend_from, "receipt resend")
    return layout


def read_receipt(value: object) -> Receipt:
    """Return the receipt that a payload claims."""
    layout = fields.keyed(value, "receipt", required=range(9), optional=(9,))
    fields.version(layout, "receipt")
    return Receipt(
        receiver=fields.octets(layout[1], "receipt receiver", RECEIVER_BYTES),
        receiver_epoch=fields.octets(layout[2], "receipt receiver epoch", EPOCH_BYTES),
        counter=fields.uint(layout[3], "receipt counter"),
        unit=fields.name(layout[4], "receipt unit"),
        stream=fields.name(layout[5], "receipt stream"),
        epoch=fields.octets(layout[6], "receipt epoch", EPOCH_BYTES),
        seq=fields.uint(layout[7], "receipt seq"),
        hash=fields.octets(layout[8], "receipt hash", HASH_BYTES),
        resend_from=fields.optional(layout, 9, lambda value: fields.uint(value, "receipt resend")),
    )
