"""The layout of the clock stamp that a batch carries, and the checks of a clock that is told in two fields."""

from collections.abc import Mapping

from agent.wire import fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import ClockQuality, ClockStamp, Mapped

BOOT_ID_BYTES = 16
_QUALITIES = tuple(ClockQuality)


def stamp_map(stamp: ClockStamp) -> dict[int, object]:
    """Return the fields of a clock stamp, checked."""
    layout: dict[int, object] = {0: int(stamp.quality)}
    if stamp.error_ms is not None:
        layout[1] = fields.bounded(stamp.error_ms, "clock error")
    if stamp.mapping is not None:
        boot, mono_ms, utc_ms, error_ms = stamp.mapping
        layout[2] = [
            fields.sized(boot, "clock boot", BOOT_ID_BYTES),
            fields.bounded(mono_ms, "clock monotonic"),
            fields.bounded(utc_ms, "clock utc"),
            *_present(error_ms, "clock mapping error"),
        ]
    if stamp.bounds is not None:
        after_ms, before_ms = stamp.bounds
        layout[3] = [fields.bounded(after_ms, "clock after"), *_present(before_ms, "clock before", least=after_ms)]
    return layout


def read_stamp(value: object) -> ClockStamp:
    """Return the clock stamp that a payload claims."""
    layout = fields.keyed(value, "clock", required=(0,), optional=(1, 2, 3))
    quality = read_quality(layout[0], "clock quality")
    error_ms = fields.optional(layout, 1, lambda error: fields.uint(error, "clock error"))
    return ClockStamp(
        quality=quality,
        error_ms=error_ms,
        mapping=fields.optional(layout, 2, _mapping),
        bounds=fields.optional(layout, 3, _bounds),
    )


def read_quality(value: object, what: str) -> ClockQuality:
    """Return the clock quality that a payload claims."""
    return _QUALITIES[fields.uint(value, what, most=len(_QUALITIES) - 1)]


def read_utc(layout: Mapping[int, object], key: int, quality: ClockQuality, what: str) -> int | None:
    """Return the wall time at `key`, which is there unless the clock is unset and only then."""
    if (key in layout) is (quality is ClockQuality.UNSET):
        raise MalformedPayload(f"{what} utc: expected exactly where the clock is set")
    return fields.optional(layout, key, lambda value: fields.uint(value, f"{what} utc"))


def _mapping(value: object) -> Mapped:
    boot, mono_ms, utc_ms, *error = fields.array(value, "clock mapping", least=3, most=4)
    return (
        fields.octets(boot, "clock boot", BOOT_ID_BYTES),
        fields.uint(mono_ms, "clock monotonic"),
        fields.uint(utc_ms, "clock utc"),
        fields.uint(error[0], "clock mapping error") if error else None,
    )


def _bounds(value: object) -> tuple[int, int | None]:
    after, *before = fields.array(value, "clock bounds", least=1, most=2)
    after_ms = fields.uint(after, "clock after")
    return after_ms, fields.uint(before[0], "clock before", least=after_ms) if before else None


def _present(value: int | None, what: str, *, least: int = 0) -> list[int]:
    """Return the value in a list, checked; an empty one where there is none."""
    return [] if value is None else [fields.bounded(value, what, least=least)]
