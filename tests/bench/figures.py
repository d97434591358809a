"""What was measured, beside what must be reached, what the plan foretells, and what users have today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WIDTHS = (58, 16, 14, 14, 5)
_UNKNOWN = "takes root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number.

    Attributes:
        name: what it is.
        value: measured; None if it cannot be measured by this user.
        unit: of both.
        reach: the most it may be, None for a number that is only shown.
        digits: after the point.
        foretold: what `lamppost plan` says it is, None where it says nothing.
        tolerance: the part of what is measured by which `foretold` may differ from it.
    """

    name: str
    value: float | None
    unit: str
    reach: float | None = None
    digits: int = 0
    foretold: float | None = None
    tolerance: float = 0.0

    @property
    def reached(self) -> bool:
        """Whether it is within reach."""
        return self.reach is None or (self.value is not None and self.value <= self.reach)

    @property
    def ratio(self) -> float | None:
        """The foretold value as a multiple of the measured one, None where either is not known."""
        return self.foretold / self.value if self.foretold is not None and self.value else None

    @property
    def as_foretold(self) -> bool:
        """Whether the plan is near enough, where it says something; what was not measured shows nothing."""
        return self.foretold is None or (self.ratio is not None and abs(self.ratio - 1) <= self.tolerance)

    @property
    def holds(self) -> bool:
        """Whether it is within reach and as foretold."""
        return self.reached and self.as_foretold

    def line(self) -> str:
        """Return the figure as a line of the table."""
        measured = _UNKNOWN if self.value is None else self._number(self.value)
        most = "" if self.reach is None else f"{self.reach:g} {self.unit}"
        foretold = "" if self.foretold is None else self._number(self.foretold)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return _line(self.name, measured, most, foretold, ratio, ", ".join(self._verdicts()))

    def _number(self, value: float) -> str:
        return f"{value:,.{self.digits}f} {self.unit}"

    def _verdicts(self) -> Iterable[str]:
        if self.reach is not None:
            yield "reached" if self.reached else "MISSED"
        if self.foretold is not None:
            yield f"{'foretold' if self.as_foretold else 'FORETOLD WRONGLY'} (within {self.tolerance:.0%})"


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table."""
    head = _line("figure", "measured", "at most", "foretold", "ratio", "verdict")
    return "\n".join([head, *(figure.line() for figure in figures)])


def _line(*cells: str) -> str:
    name, *numbers, verdict = cells
    padded = [cell.rjust(width) for cell, width in zip(numbers, _WIDTHS[1:], strict=True)]
    return "  ".join([name.ljust(_WIDTHS[0]), *padded, verdict]).rstrip()


@dataclass(frozen=True, slots=True)
class Reference:
    """What somebody has today on this very workload: quoted from where the figures were set, not measured here."""

    name: str
    rss_mb: int
    cpu_s: float
    disk_bytes: str
    sent_bytes: str
    remark: str


REFERENCES: Sequence[Reference] = (
    Reference("mqtt-io", 34, 0.84, "", "53 to 242", "undecoded, QoS 0, no store"),
    Reference("Node-RED", 122, 1.45, "", "53 to 242", "loses every reading of an outage"),
    Reference("ThingsBoard gateway", 62, 15.4, "10,484", "53 to 242", "with SQLite"),
    Reference("Fluent Bit", 11, 0.44, "4,451", "53 to 242", "in C, undecoded, unsigned"),
    Reference("a bare paho script", 23, 0.63, "", "", "no store"),
    Reference("the least Python", 35, 0.38, "975", "15", "decodes, commits, signs and batches"),
)


def references() -> str:
    """Return what users have today, as a table."""
    head = f"{'quoted, not measured here':24}{'RSS':>8}{'CPU s/1000':>12}{'disk B/row':>12}{'sent B/row':>12}"
    lines = [
        f"{r.name:24}{r.rss_mb:>5} MB{r.cpu_s:>12}{r.disk_bytes:>12}{r.sent_bytes:>12}  {r.remark}"
        for r in REFERENCES
    ]
    return "\n".join([head, *lines])
