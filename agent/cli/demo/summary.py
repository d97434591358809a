"""The closing summary: what happened, in numbers, and whether the city has what the sensors showed.

In: the outcome and its comparison. Out: a page, and a verdict. Never: a number that was not counted.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.cli.demo.compare import UNSURE_MS, Comparison, compare, read_log
from agent.cli.demo.declared import read
from agent.cli.demo.errors import DemoError
from agent.cli.demo.outcome import Outcome
from agent.cli.demo.rows import Row, alter, clock

_ALTERED_STREAM: Final = "dust"
"""Its sensor sends in the middle of each second, so that no border of a window can explain a change away."""
_MOST_DIFFERENCES: Final = 20


def judge(outcome: Outcome, *, altered: bool) -> tuple[Comparison, list[str], Row | None]:
    """Return the comparison, what else is wrong, and the row in which a value was altered on purpose.

    Raises:
        DemoError: the sensors were never read.
    """
    streams = read(outcome.scene.unit_file)
    log = read_log(outcome.scene.sensor_log.read_text(encoding="utf-8").splitlines())
    received, original = outcome.received, None
    if altered:
        received, original = alter(received, stream=_ALTERED_STREAM, step=Decimal(1))
    try:
        comparison = compare(streams, log=log, received=received)
    except ValueError as error:
        raise DemoError(f"nothing can be compared: {error}. Is this machine too busy? Try --seconds 60") from error
    return comparison, list(_problems(outcome)), original


def _problems(outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong besides the values."""
    released, there = Counter(outcome.stored), Counter((row.stream, row.start_ms) for row in outcome.received)
    for name, start_ms in sorted((released - there).elements()):
        yield f"released and not received: {name} {clock(start_ms)}"
    for name, start_ms in sorted((there - released).elements()):
        yield f"received and never released, or twice: {name} {clock(start_ms)}"
    if outcome.last.gaps:
        yield f"{outcome.last.gaps} gaps in what was received"
    if outcome.last.rejected:
        yield f"{outcome.last.rejected} messages were rejected"
    if outcome.exit_code:
        yield f"the unit ended with exit code {outcome.exit_code}"
    for line in outcome.complaints:
        yield f"in the unit's log: {line}"


def print_summary(console: Console, outcome: Outcome) -> None:
    """Print what happened, in numbers."""
    console.print()
    console.print(Text(f" What happened in {outcome.last.seconds:g} seconds", style="bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=24)
    table.add_column(justify="right", style="bold")
    table.add_column()
    for name, number, remark in _numbers(outcome):
        table.add_row(f"   {name}", number, remark)
    console.print(table, highlight=False)


def _numbers(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    last = outcome.last
    yield "readings taken", f"{last.readings:,}", f"by {len(last.sensors)} sensors"
    withheld = last.filtered("identifiers_withheld")
    yield "identifiers withheld", f"{withheld:,}", "radio addresses: none stored, none sent"
    suppressed = last.filtered("groups_suppressed")
    yield "rows released", f"{len(outcome.stored):,}", f"in {suppressed} the number is withheld: too few people"
    yield from _wire_numbers(outcome)
    resumed = "never" if outcome.resumed_s is None else f"in {outcome.resumed_s:.1f} s"
    yield "broker away", f"{outcome.outage_s:.0f} s", f"{outcome.most_waiting} rows waited; reconnected {resumed}"
    yield "gaps", f"{last.gaps:,}", ""
    yield "messages rejected", f"{last.rejected:,}", ""


def _wire_numbers(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    last, rows = outcome.last, len(outcome.received)
    values = sum(len(row.cells) for row in outcome.received)
    yield (
        "batches signed",
        f"{last.batches:,}",
        f"of {_ratio(rows, last.batches)} rows each; every signature verified",
    )
    yield "bytes on the wire", f"{last.sent:,}", f"sent: {_ratio(last.sent, values)} for each of {values:,} values"
    yield "", f"{last.returned:,}", "returned: receipts, acknowledgements"
    sealed, waiting = last.outbox["envelopes_sealed"], last.outbox["envelopes_waiting"]
    yield "receipts", f"{sealed - waiting:,}", f"for {sealed:,} signed messages"


def _ratio(number: int, per: int) -> str:
    return f"{number / per:.1f}" if per else "-"


def print_verdict(
    console: Console, outcome: Outcome, comparison: Comparison, *, problems: list[str], original: Row | None
) -> None:
    """Print whether the city has what the sensors showed, with everything that differs."""
    console.print()
    console.print(Text(" Does the city have what the sensors showed?", style="bold"))
    for line in _explanation(outcome, comparison):
        console.print(f"   {line}", highlight=False, markup=False, soft_wrap=True)
    if original is not None:
        text = f"   Altered on purpose: {original.stream} {clock(original.start_ms)}, which was: {original.text}"
        console.print(Text(text, style="yellow"), soft_wrap=True)
    console.print()
    console.print(f"   expected  {comparison.expected}", highlight=False, soft_wrap=True)
    console.print(f"   received  {comparison.received}", highlight=False, soft_wrap=True)
    if comparison.differences:
        console.print()
        console.print(_differences(comparison), highlight=False)
    for problem in problems:
        console.print(Text(f"   {problem}", style="red"), soft_wrap=True)
    console.print()
    if comparison.equal and not problems:
        text = " Yes. Both are equal, and everything that was released has arrived, once."
        console.print(Text(text, style="bold green"))
    else:
        count = len(comparison.differences) + len(problems)
        console.print(Text(f" No: {count} differ{'s' if count == 1 else ''}. See above.", style="bold red"))


def _explanation(outcome: Outcome, comparison: Comparison) -> Iterator[str]:
    edges = comparison.windows - comparison.exact
    yield "The simulated sensors kept a log of their own. From it alone each window was"
    yield "computed again, by rules that were written a second time. There must be"
    yield f"  {comparison.exact} complete rows with {comparison.values} values, equal to the last digit, and"
    yield f"  {edges} rows of the first and last seconds, observed in part, that say so."
    if comparison.unsure:
        yield f"{comparison.unsure} readings within {UNSURE_MS} ms of a border were taken to the side that fits."
    yield f"The unit reported {len(outcome.stored)} rows as stored. The city has {len(outcome.received)}."


def _differences(comparison: Comparison) -> Table:
    table = Table("stream", "window (UTC)", "expected", "found", box=None, padding=(0, 2), header_style="bold red")
    for difference in comparison.differences[:_MOST_DIFFERENCES]:
        table.add_row(f"  {difference.stream}", clock(difference.start_ms), difference.expected, difference.found)
    hidden = len(comparison.differences) - _MOST_DIFFERENCES
    if hidden > 0:
        table.add_row(f"  and {hidden} more", "", "", "")
    return table
