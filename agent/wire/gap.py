"""The layout of a gap: which rows will never come, how many, and why."""

from agent.wire import chain, fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import EPOCH_BYTES, HASH_BYTES, Gap, GapReason

_REASONS = tuple(GapReason)


def gap_map(gap: Gap) -> dict[int, object]:
    """Return the fields of a gap, checked."""
    layout = chain.place_map(gap, "gap")
    _check(gap)
    if gap.sealed is not None:
        layout[5] = list(gap.sealed)
    if gap.windows is not None:
        layout[6] = list(gap.windows)
    layout[7] = gap.count
    layout[8] = int(gap.reason)
    layout[9] = gap.simulated
    if gap.ended is not None:
        layout[10] = list(gap.ended)
    return layout


def read_gap(value: object) -> Gap:
    """Return the gap that a payload claims."""
    layout = fields.keyed(value, "gap", required=(*chain.KEYS, 7, 8, 9), optional=(5, 6, 10))
    place = chain.read_place(layout, "gap")
    gap = Gap(
        epoch=place.epoch,
        stream=place.stream,
        seq=place.seq,
        prev=place.prev,
        sealed=fields.optional(layout, 5, _read_sealed),
        windows=fields.optional(layout, 6, _read_windows),
        count=fields.uint(layout[7], "gap count"),
        reason=_REASONS[fields.uint(layout[8], "gap reason", most=len(_REASONS) - 1)],
        simulated=fields.boolean(layout[9], "gap simulated"),
        ended=fields.optional(layout, 10, _read_ended),
    )
    _check(gap)
    return gap


def _read_sealed(value: object) -> tuple[int, int, bytes]:
    first, last, digest = fields.array(value, "gap sealed", least=3, most=3)
    return (
        fields.uint(first, "gap first"),
        fields.uint(last, "gap last"),
        fields.octets(digest, "gap hash", HASH_BYTES),
    )


def _read_windows(value: object) -> tuple[int, int, int]:
    start, step, windows = fields.array(value, "gap windows", least=3, most=3)
    return fields.uint(start, "gap start"), fields.uint(step, "gap step"), fields.uint(windows, "gap windows")


def _read_ended(value: object) -> tuple[bytes, int]:
    epoch, last = fields.array(value, "gap ended", least=2, most=2)
    return fields.octets(epoch, "gap ended epoch", EPOCH_BYTES), fields.uint(last, "gap ended seq")


def _check(gap: Gap) -> None:
    chain.check_data(gap.stream, "gap")
    fields.bounded(gap.count, "gap count")
    if gap.sealed is not None:
        first, last, digest = gap.sealed
        fields.sized(digest, "gap hash", HASH_BYTES)
        if not 0 <= first <= last < gap.seq:
            raise MalformedPayload("gap sealed: expected first <= last, both before the gap's own seq")
    if gap.ended is not None:
        epoch, last = gap.ended
        fields.sized(epoch, "gap ended epoch", EPOCH_BYTES)
        fields.bounded(last, "gap ended seq")
        if gap.reason is not GapReason.DAMAGED or epoch == gap.epoch:
            raise MalformedPayload("gap ended: expected after damage only, and another epoch than the gap's own")
    if gap.windows is not None:
        start, step, windows = gap.windows
        fields.bounded(start, "gap start")
        fields.bounded(step, "gap step", least=1)
        fields.bounded(windows, "gap windows", least=1)
        fields.bounded(start + step * windows, "gap end")
