"""The page of `lamppost once` for a terminal."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Column, Table

from agent.config import Settings
from agent.privacy.released import Released
from agent.privacy.spec import ReleasedChannel
from agent.quality import Quality
from drivers.reading import Sensitivity


def render(
    settings: Settings,
    *,
    read: Sequence[tuple[str, str, str]],
    rows: Sequence[Released],
    suspended: Mapping[str, str],
    console: Console | None = None,
) -> None:
    """Print what was read, then what would leave."""
    out = console or Console(highlight=False, markup=False)
    told = Column("read", overflow="fold")  # a path that is cut cannot be looked at
    sampled = Table("sensor", "channel", told, title="Read once", title_justify="left", box=None, pad_edge=False)
    for line in read:
        sampled.add_row(*line)
    out.print(sampled)
    out.print()
    left = Table(
        "stream", "channel", "would leave", title="Would leave", title_justify="left", box=None, pad_edge=False
    )
    for row in rows:
        for channel, text in leaving(settings, row).items():
            left.add_row(row.stream, channel, text)
    for name, reason in suspended.items():
        left.add_row(name, "", f"✗ suspended: {reason}")
    out.print(left)
    out.print("\nNothing was published, and nothing was stored.")


def leaving(settings: Settings, row: Released) -> Mapping[str, str]:
    """Return per channel of a row what would leave, in words."""
    plan = next(plan for plan in settings.streams if plan.name == row.stream)
    return {
        channel.name: _in_words(channel, value, code)
        for channel, value, code in zip(plan.spec.channels, row.values, row.quality, strict=True)
    }


def _in_words(channel: ReleasedChannel, value: int | None, code: Quality) -> str:
    if value is None:
        return f"nothing ({code.name.lower().replace('_', ' ')})"
    if channel.sensitivity is not Sensitivity.MEASUREMENT:
        return f"a value, not shown: {channel.sensitivity}"
    if channel.group is not None:
        return "a value, not shown: derived from people or vehicles"
    return f"{Decimal(value).scaleb(channel.exponent):f} {channel.unit}"
