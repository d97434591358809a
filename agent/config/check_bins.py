"""Rules about the bins of a histogram: edges as they are written become edges in the sensor's own steps, and columns.

In: a `[stream.X.channel.Y]` table and the channel that it would be without bins. Out: one channel for each bin, and
problems. Never: which bins are private; `agent.privacy.legality` decides that.
"""

import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

from agent.privacy.spec import ReleasedChannel, Rule
from agent.tomlfile import Table, quoted

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def check_bins(table: Table, channel: ReleasedChannel) -> tuple[ReleasedChannel, ...]:
    """Return the channel itself, or one channel for each of its bins; nothing after reporting what is wrong."""
    if channel.rule is not Rule.HISTOGRAM:
        return _without_bins(table, channel)
    edges = table.get("bins", tuple)
    if edges is None:
        _report_missing(table)
        return ()
    if not _check_edges(table, edges, channel):
        return ()
    columns = tuple(_column(channel, low, high) for low, high in pairwise(edges))
    return columns if _check_names(table, columns) else ()


def _without_bins(table: Table, channel: ReleasedChannel) -> tuple[ReleasedChannel, ...]:
    if "bins" not in table.written:
        return (channel,)
    table.problem(
        "bins",
        "bad-bins",
        "only a histogram has bins",
        expected='no bins, or rule = "histogram"',
        found=f"bins with rule {quoted(channel.rule.value)}",
    )
    return ()


def _report_missing(table: Table) -> None:
    if "bins" not in table.written:
        table.problem(
            None,
            "missing-bins",
            f"channel {quoted(table.name)} lacks the bins of its histogram",
            expected="bins = the edges in ascending order, such as [0, 10, 20, 50]",
            found="nothing",
        )


def _check_edges(table: Table, edges: tuple[Decimal, ...], channel: ReleasedChannel) -> bool:
    source = channel.source
    step = Decimal(1).scaleb(source.exponent)
    low, high = (Decimal(bound).scaleb(source.exponent) for bound in (source.minimum, source.maximum))
    message = expected = None
    if len(edges) < 3:  # noqa: PLR2004  two bins have three edges
        message, expected = "one bin tells nothing that a count does not", "three edges or more"
    elif any(before >= after for before, after in pairwise(edges)):
        message, expected = "the edges do not ascend", "each edge above the one before"
    elif any(edge % step for edge in edges):
        message, expected = "an edge is finer than the sensor can tell", f"multiples of {step:f}"
    elif edges[0] < low or edges[-1] > high + step:
        message, expected = "this is wider than what the sensor can measure", f"inside [{low:f}, {high:f}]"
    if message is None:
        return True
    table.problem("bins", "bad-bins", message, expected=expected, found=f"[{', '.join(f'{e:f}' for e in edges)}]")
    return False


def _column(channel: ReleasedChannel, low: Decimal, high: Decimal) -> ReleasedChannel:
    """Return one bin. Where its upper edge is the largest value that the sensor measures, the bin has that too."""
    source = channel.source
    edges = int(low.scaleb(-source.exponent)), int(high.scaleb(-source.exponent))
    if edges[1] == source.maximum:
        edges = edges[0], source.maximum + 1
    return replace(channel, name=f"{channel.name}-{_word(low)}-{_word(high)}", bins=edges)


def _word(edge: Decimal) -> str:
    """Return an edge as a part of a name: `m` for minus, `_` for the point."""
    text = f"{edge:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "m").replace(".", "_")


def _check_names(table: Table, columns: tuple[ReleasedChannel, ...]) -> bool:
    long = next((column.name for column in columns if not _NAME.fullmatch(column.name)), None)
    if long is None:
        return True
    table.problem(
        None,
        "bad-bins",
        "the name of a bin, which is that of the channel and its two edges, is too long",
        expected="63 characters at most; give the channel a shorter name",
        found=quoted(long),
    )
    return False
