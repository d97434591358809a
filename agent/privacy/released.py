"""The released row: the only thing that may be stored. Only this package can make one."""

from dataclasses import InitVar, dataclass
from typing import Final

from agent.quality import Quality

_MINT: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One window of one stream after the privacy filter.

    A row does not keep what it was made with, so `dataclasses.replace` cannot turn one row into another.

    Attributes:
        stream: the stream's identifier.
        start_ms: start of the window: ms since 1970, or since boot when `boot_id` is there.
        step_ms: length of the window.
        boot_id: 16 bytes of the boot whose clock `start_ms` counts, None when it is wall time.
        values: one scaled integer or None per channel of the stream.
        quality: one code per channel.
    """

    stream: str
    start_ms: int
    step_ms: int
    boot_id: bytes | None
    values: tuple[int | None, ...]
    quality: tuple[Quality, ...]
    mint: InitVar[object]

    def __post_init__(self, mint: object) -> None:
        """Refuse every caller that is not the filter."""
        if mint is not _MINT:
            raise TypeError("a released row can be made by the privacy filter only")
        if len(self.values) != len(self.quality):
            raise ValueError("one quality code per value")


def release(
    stream: str,
    *,
    start_ms: int,
    step_ms: int,
    boot_id: bytes | None,
    values: tuple[int | None, ...],
    quality: tuple[Quality, ...],
) -> Released:
    """Return a released row; called by the filter, after every rule of the stream has been applied."""
    return Released(
        stream=stream, start_ms=start_ms, step_ms=step_ms, boot_id=boot_id, values=values, quality=quality, mint=_MINT
    )
