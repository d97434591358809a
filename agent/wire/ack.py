"""The layout of an acknowledgement: what became of a control document, stream by stream."""

from agent.wire import chain, fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import EPOCH_BYTES, HASH_BYTES
from agent.wire.orders import ACKNOWLEDGEMENTS, Ack, AckContent, Order, Outcome, Refusal
from agent.wire.stamp import read_quality, read_utc

MAX_OUTCOMES = 1024

_ORDERS = tuple(Order)
_REFUSALS = tuple(Refusal)


def ack_map(ack: Ack) -> dict[int, object]:
    """Return the fields of an acknowledgement in its envelope, checked."""
    return chain.reserved_map(ack, ACKNOWLEDGEMENTS, "ack") | {5: ack_content_map(ack.content)}


def read_ack(value: object) -> Ack:
    """Return the acknowledgement that a payload claims."""
    place, content = chain.read_reserved(value, ACKNOWLEDGEMENTS, "ack")
    return Ack(**place._asdict(), content=read_ack_content(content))


def ack_content_map(content: AckContent) -> dict[int, object]:
    """Return the fields of an acknowledgement's content, checked: read back, it is the same."""
    layout: dict[int, object] = {
        0: content.unit,
        1: content.version,
        2: content.document,
        3: [_outcome_list(outcome) for outcome in content.outcomes],
        4: int(content.clock),
    }
    if content.utc_ms is not None:
        layout[5] = content.utc_ms
    layout[6] = content.simulated
    read_ack_content(layout)
    return layout


def read_ack_content(value: object) -> AckContent:
    """Return the content that a payload claims."""
    layout = fields.keyed(value, "ack content", required=(*range(5), 6), optional=(5,))
    outcomes = fields.array(layout[3], "ack outcomes", most=MAX_OUTCOMES)
    clock = read_quality(layout[4], "ack clock")
    return AckContent(
        unit=fields.name(layout[0], "ack unit"),
        version=fields.uint(layout[1], "ack version"),
        document=fields.octets(layout[2], "ack document", HASH_BYTES),
        outcomes=tuple(_read_outcome(outcome) for outcome in outcomes),
        clock=clock,
        utc_ms=read_utc(layout, 5, clock, "ack"),
        simulated=fields.boolean(layout[6], "ack simulated"),
    )


def _outcome_list(outcome: Outcome) -> list[object]:
    return [
        outcome.stream,
        int(outcome.order),
        int(outcome.refusal),
        int(outcome.state),
        outcome.epoch,
        outcome.last_seq,
    ]


def _read_outcome(value: object) -> Outcome:
    stream, order, refusal, state, epoch, last_seq = fields.array(value, "ack outcome", least=6, most=6)
    outcome = Outcome(
        stream=fields.stream(stream, "ack stream"),
        order=_ORDERS[fields.uint(order, "ack order", most=len(_ORDERS) - 1)],
        refusal=_REFUSALS[fields.uint(refusal, "ack refusal", most=len(_REFUSALS) - 1)],
        state=_ORDERS[fields.uint(state, "ack state", most=len(_ORDERS) - 1)],
        epoch=fields.octets(epoch, "ack epoch", EPOCH_BYTES),
        last_seq=None if last_seq is None else fields.uint(last_seq, "ack last seq"),
    )
    if outcome.state is Order.PURGE:
        raise MalformedPayload("ack state: a purge is an act, not a state")
    return outcome
