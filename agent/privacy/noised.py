"""Differential privacy: what leaves of the columns about people or vehicles when a stream adds noise to them.

In: the counts of one closed window, and whether the day's budget had room for it. Out: one value and one quality code
for each noised column. Never: an exact count that decides anything; from here on there are noisy ones only.

Every column gets a draw of its own, in every window that is paid for: nobody at all is a count like any other, 0 with
noise. What comes after, the threshold, the range, the rounding, sees what has noise already, so it tells nothing more
(Dwork and Roth, "The Algorithmic Foundations of Differential Privacy", 2014, proposition 2.1). That is why a sensor
that fails, samples that were implausible and a full set of pseudonyms have no codes here: they would be exact.

A histogram's bins are judged one by one. Without noise one small bin hides all of them, because it would be what is
missing from their exact total; there is none here.
"""

from collections.abc import Callable

from agent.privacy.counters import FilterCounters
from agent.privacy.distinct import RandomBytes
from agent.privacy.ledger import Verdict as Grant
from agent.privacy.spec import Noise, Rule, StreamSpec
from agent.privacy.verdict import PARTIAL, SUPPRESSED, Column, Outcome, aggregate, is_partial
from agent.privacy.window import Window

Sampler = Callable[[tuple[int, int], RandomBytes], int]
"""Returns one draw of noise of a scale, sensitivity over epsilon, as a fraction; on a unit `discrete_laplace`."""


def scale_of(noise: Noise) -> tuple[int, int]:
    """Return sensitivity over epsilon."""
    return noise.sensitivity * noise.epsilon[1], noise.epsilon[0]


def noised_columns(spec: StreamSpec) -> tuple[int, ...]:
    """Return the columns that get noise when a stream has it: all that are about people or vehicles."""
    return tuple(number for number, channel in enumerate(spec.channels) if channel.group is not None)


class Noised:
    """The noised columns of one stream."""

    __slots__ = ("_columns", "_counting", "_k", "_random_bytes", "_sampler", "_scale", "_spec")

    def __init__(self, spec: StreamSpec, noise: Noise, *, sampler: Sampler, random_bytes: RandomBytes) -> None:
        self._spec = spec
        self._scale = scale_of(noise)
        self._sampler = sampler
        self._random_bytes = random_bytes
        self._k = spec.suppress_below
        self._columns = {number: Column(number, spec.channels[number]) for number in noised_columns(spec)}
        self._counting = tuple(number for number in self._columns if spec.channels[number].tells_contributors)

    def __repr__(self) -> str:
        return f"<Noised {self._spec.name}>"

    def is_due(self, window: Window) -> bool:
        """Return whether a window has to be paid for: some noised column was observed from end to end.

        That does not depend on who was there, nor does anything else that decides whether budget is spent.
        """
        return any(not self._is_partial(window, number) for number in self._columns)

    def outcomes(self, window: Window, grant: Grant | None, counters: FilterCounters) -> dict[int, Outcome]:
        """Return the outcome of each noised column; without a grant no noise is drawn.

        Raises:
            NoRandomness: there is no noise to be had; the caller withholds the window.
        """
        outcomes = {number: PARTIAL for number in self._columns if self._is_partial(window, number)}
        whole = [number for number in self._columns if number not in outcomes]
        if grant is not Grant.GRANTED:
            refused = SUPPRESSED if grant is None else (None, grant.quality)
            counters.windows_unpaid += bool(whole)
            return outcomes | dict.fromkeys(whole, refused)
        counts = {number: _exact(window, number) + self._draw() for number in whole}
        small = self._small(counts, counters)
        for number, count in counts.items():
            hidden = self._group(number) in small or self._is_small_bin(number, count)
            outcomes[number] = SUPPRESSED if hidden else self._columns[number].held(count, counters)
        return outcomes

    def _draw(self) -> int:
        return self._sampler(self._scale, self._random_bytes)

    def _small(self, counts: dict[int, int], counters: FilterCounters) -> set[str | None]:
        """Return the groups of which some noisy number of contributors is below k."""
        k = self._k
        if k is None:
            return set()
        small = {self._group(number) for number in self._counting if number in counts and counts[number] < k}
        counters.groups_suppressed += len(small)
        return small

    def _is_small_bin(self, number: int, count: int) -> bool:
        return self._k is not None and count < self._k and self._spec.channels[number].rule is Rule.HISTOGRAM

    def _group(self, number: int) -> str | None:
        return self._spec.channels[number].group

    def _is_partial(self, window: Window, number: int) -> bool:
        return is_partial(window, self._spec.channels[number].sensor)


def _exact(window: Window, number: int) -> int:
    """Return the exact count of a column: a whole number, and 0 of nobody."""
    told = aggregate(window, number)
    return 0 if told is None else told[0]
