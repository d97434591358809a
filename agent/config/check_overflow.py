"""Whether the overflow policy of a stream does what it says: `thin` needs something that can be thinned.

In: a `[stream.*]` table and what it releases. Out: problems. Never: a policy.
"""

from typing import Final

from agent.buffer.records import Overflow
from agent.privacy.merge import COARSEST_MS, How
from agent.privacy.merge_rules import how
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.tomlfile import Duration, Severity, Table, quoted

_INSTEAD: Final = f'did you mean "{Overflow.DROP_OLDEST}"?'


def merges(channel: ReleasedChannel) -> bool:
    """Return whether two windows of a channel can be told as one, truthfully."""
    return how(channel.rule, grouped=channel.group is not None) is not How.NOTHING


def check_overflow(table: Table, spec: StreamSpec, *, complete: bool) -> None:
    """Find streams that `thin` could do nothing for; `complete`: every channel of it was understood."""
    if table.text("overflow") != Overflow.THIN:
        return
    window = table.get("window", Duration)
    if window is not None and 2 * window > COARSEST_MS:
        table.problem(
            "overflow",
            "nothing-to-thin",
            "windows of this length are never merged",
            expected="a window of 12h or less: a merged one is a day long at most",
            found=quoted(window.written()),
            hint=_INSTEAD,
        )
        return
    empty = [channel for channel in spec.channels if not merges(channel)]
    if complete and empty and len(empty) == len(spec.channels):
        rules = sorted({channel.rule.value for channel in spec.channels})
        table.problem(
            "overflow",
            "nothing-to-thin",
            "no channel of this stream could be told of merged windows: all that is left would be empty rows",
            expected="a mean, min, max, sum, count, last, grid or histogram; of people or vehicles, no mean",
            found=", ".join(rules),
            hint=_INSTEAD,
        )
    elif complete and empty:
        table.problem(
            "overflow",
            "thinned-empty",
            "some channels cannot be told of merged windows, and are left empty in them",
            found=", ".join(channel.name for channel in empty),
            severity=Severity.WARNING,
        )
