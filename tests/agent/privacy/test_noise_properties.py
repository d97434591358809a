"""The sentences that noise adds to those of the package, held against random streams, readings and schedules.

Nothing but what is declared leaves a stream with noise either. What the windows of a UTC day have cost never exceeds
the day's budget, whatever happens to the unit. What leaves a window is at most e**epsilon times as likely with one
event more as without it.
"""

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from operator import itemgetter

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.privacy.canary import self_test
from agent.privacy.distinct import RandomBytes
from agent.privacy.filter import StreamFilter
from agent.privacy.laplace import discrete_laplace
from agent.privacy.ledger import DAY_MS, day_of
from agent.privacy.ledgers import Ledgers, budgets_of
from agent.privacy.legality import problems
from agent.privacy.noised import Sampler
from agent.privacy.released import Released
from agent.privacy.spec import Noise, Rule, StreamSpec
from agent.quality import Quality
from tests.agent.privacy.test_properties import SAMPLES, Sample, bins, channels, check_row
from tests.support.noise import SeededBytes
from tests.support.privacy import (
    CARS,
    MAC,
    TEMPERATURE,
    counting_bytes,
    make_noisy,
    only,
    purse,
    reading,
    released,
    stream,
)


@st.composite
def noisy_streams(draw: st.DrawFn) -> StreamSpec:
    """Return a legal stream with noise: the illegal channels of a random one are left out."""
    terms = st.integers(1, 8)
    spec = StreamSpec(
        name="any",
        window_ms=1000,
        channels=(),
        suppress_below=draw(st.sampled_from([None, 5, 10])),
        noise=Noise(epsilon=(draw(terms), draw(terms)), daily=(1000, 1), sensitivity=draw(st.integers(8, 12))),
    )
    drawn = [(draw(channels(number)),) for number in range(draw(st.integers(1, 4)))]
    singles = [(replace(c, grid_m=c.grid_m if c.rule is Rule.GRID else None),) for (c,) in drawn]
    counting = [(released(MAC, Rule.COUNT_DISTINCT),), (released(CARS, Rule.SUM),)]
    for together in [*counting, *singles, *(draw(bins(number)) for number in range(draw(st.integers(0, 2))))]:
        more = replace(spec, channels=(*spec.channels, *together))
        spec = more if not problems(more) else spec
    assume(any(channel.group for channel in spec.channels))
    return spec


@settings(max_examples=60)
@given(
    noisy_streams(),
    st.lists(st.tuples(SAMPLES, st.integers(-100, 3999)), max_size=60),
    st.sampled_from([0, 0, 1]),
)
def test_nothing_but_what_is_declared_leaves_a_stream_with_noise(
    spec: StreamSpec, readings: list[Sample], begin_ms: int
) -> None:
    made = make_noisy(spec)
    made.begin(begin_ms, boot_id=None)
    rows: list[Released] = []
    for (sensor, values), at_ms in sorted(readings, key=itemgetter(1)):
        rows += made.advance(at_ms)
        made.observe(sensor, reading(**values), at_ms)
    rows += made.interrupt(3999)
    assert [row.start_ms for row in rows] == [0, 1000, 2000, 3000]
    assert made.errors == ()
    for row in rows:
        check_row(spec, row)
        partial_window = row.start_ms == 3000 or (row.start_ms == 0 and begin_ms)
        for channel, value, quality in zip(spec.channels, row.values, row.quality, strict=True):
            if channel.group is not None and partial_window:
                assert (value, quality) == (None, Quality.PARTIAL)
            elif channel.group is not None:
                assert quality in {Quality.OK, Quality.SATURATED, Quality.SUPPRESSED}


@settings(max_examples=40, deadline=None)
@given(noisy_streams())
def test_self_test_of_any_legal_stream_with_noise_passes_unless_its_positions_cannot_leave(spec: StreamSpec) -> None:
    report = self_test(spec, partial(StreamFilter, spec=spec, random_bytes=counting_bytes()))
    assert report.passed or report.reason.endswith("its range may be smaller than its grid")


HOUR_MS = DAY_MS // 24
FIRST_MS = 20_000 * DAY_MS
COUNTED = stream(released(CARS, Rule.SUM, bounds=(-(10**6), 10**6)), window_ms=HOUR_MS, name="counted")
EPSILONS = ((1, 2), (1, 3), (3, 7), (1, 1))


@dataclass
class Unit:
    """A unit with one stream: what it has stored survives, what it holds in memory does not."""

    daily: tuple[int, int]
    now_ms: int = FIRST_MS
    epsilon: tuple[int, int] = (1, 2)
    saved: bytes | None = None
    latest_ms: int = FIRST_MS
    waiting: list[tuple[Released, Fraction, bytes]] = field(default_factory=list)
    left: list[tuple[Released, Fraction]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin with what is stored; what was not stored is lost."""
        self.waiting.clear()
        noise = Noise(epsilon=self.epsilon, daily=self.daily, sensitivity=1)
        spec = replace(COUNTED, noise=noise)
        self.ledgers = Ledgers(budgets_of([spec]), self.saved)
        ledger = self.ledgers.of(spec.name)
        self.filter = StreamFilter(spec, random_bytes=counting_bytes(), ledger=ledger, sampler=lambda *_: 0)
        self.filter.synchronised = True
        self.filter.begin(self.now_ms, boot_id=None)

    def take(self, rows: list[Released]) -> None:
        """Hold rows with the ledger as it is after them, as the outbox does before its commit."""
        self.waiting += [(row, Fraction(*self.epsilon), self.ledgers.export()) for row in rows]

    def pass_hours(self, hours: int) -> None:
        self.now_ms += hours * HOUR_MS
        self.latest_ms = max(self.latest_ms, self.now_ms)
        self.take(self.filter.advance(self.now_ms))

    def step(self, hours: int) -> None:
        """Have the clock set: all windows close, a new grid begins."""
        self.take(self.filter.interrupt(self.now_ms))
        self.now_ms = max(HOUR_MS, self.now_ms + hours * HOUR_MS)
        self.latest_ms = max(self.latest_ms, self.now_ms)
        self.filter.begin(self.now_ms, boot_id=None)

    def commit(self, count: int) -> None:
        """Store some of what waits, in its order, each row with its ledger."""
        for row, epsilon, ledger in self.waiting[:count]:
            self.saved = ledger
            if row.values[0] is not None:
                self.left.append((row, epsilon))
        del self.waiting[:count]

    def lose(self) -> None:
        """Have the store damaged and the ledger with it; a synchronised clock is then not a day behind."""
        self.saved = None
        if day_of(self.now_ms) < day_of(self.latest_ms):
            self.now_ms = self.latest_ms
        self.start()

    def set_epsilon(self, epsilon: tuple[int, int]) -> None:
        self.epsilon = epsilon
        self.start()

    def lose_synchronisation(self, hours: int) -> None:
        self.filter.synchronised = False
        self.pass_hours(hours)
        self.filter.synchronised = True


def events() -> st.SearchStrategy[tuple[str, tuple[object, ...]]]:
    few = st.integers(0, 9)
    return st.one_of(
        st.tuples(st.just("pass_hours"), st.tuples(few)),
        st.tuples(st.just("pass_hours"), st.tuples(few)),
        st.tuples(st.just("commit"), st.tuples(few)),
        st.tuples(st.just("commit"), st.just((100,))),
        st.tuples(st.just("start"), st.just(())),
        st.tuples(st.just("step"), st.tuples(st.integers(-60, 60))),
        st.tuples(st.just("lose"), st.just(())),
        st.tuples(st.just("lose_synchronisation"), st.tuples(few)),
        st.tuples(st.just("set_epsilon"), st.tuples(st.sampled_from(EPSILONS))),
    )


@settings(max_examples=300)
@given(st.sampled_from([(1, 1), (5, 2), (24, 1)]), st.lists(events(), max_size=60))
def test_what_a_utc_day_has_cost_never_exceeds_its_budget(
    daily: tuple[int, int], schedule: list[tuple[str, tuple[object, ...]]]
) -> None:
    unit = Unit(daily=daily)
    for name, arguments in schedule:
        getattr(unit, name)(*arguments)
    unit.commit(10**6)
    spent: Counter[int] = Counter()
    for row, epsilon in unit.left:
        spent[day_of(row.start_ms)] += epsilon  # type: ignore[assignment]  # a Counter of fractions
    assert all(amount <= Fraction(*daily) for amount in spent.values())
    starts = [row.start_ms for row, _ in unit.left]
    assert starts == sorted(set(starts))


def test_a_day_of_the_schedules_above_can_spend_all_of_its_budget() -> None:
    unit = Unit(daily=(5, 2))
    unit.pass_hours(72)
    unit.commit(100)
    assert Counter(day_of(row.start_ms) - 20_000 for row, _ in unit.left) == {1: 5, 2: 5}


WINDOWS = 30_000
EPSILON = (1, 1)
NEAR = stream(
    released(TEMPERATURE),
    released(CARS, Rule.SUM, bounds=(8, 13)),
    window_ms=1000,
    name="near",
    noise=Noise(epsilon=EPSILON, daily=(WINDOWS, 1), sensitivity=1),
)


def outcomes(spec: StreamSpec, cars: int, *, seed: int, sampler: Sampler) -> Counter[tuple[object, ...]]:
    """Return how often each outcome left the windows in which so many cars passed."""
    made = make_noisy(spec, ledger=purse(spec), sampler=sampler, random_bytes=SeededBytes(seed))
    made.begin(0, boot_id=None)
    seen: Counter[tuple[object, ...]] = Counter()
    crowd = reading(cars=cars)
    for window in range(WINDOWS):
        made.observe("vehicles_sensor", crowd, window * 1000)
        row = only(made.advance((window + 1) * 1000))
        seen[row.values[1], row.quality[1]] += 1
    return seen


def sigmas_beyond(one: Counter[tuple[object, ...]], other: Counter[tuple[object, ...]], epsilon: float) -> float:
    """Return by how many standard errors the logarithm of some outcome's likelihood ratio is above epsilon.

    The error of the logarithm of a ratio of two frequencies is about sqrt(1/a + 1/b); outcomes that were seen seldom
    have a large one.
    """
    return max(
        (abs(math.log(a / b)) - epsilon) / math.sqrt(1 / a + 1 / b)
        for outcome in one.keys() | other.keys()
        for a, b in [(one[outcome] or 0.5, other[outcome] or 0.5)]
    )


def half(scale: tuple[int, int], random_bytes: RandomBytes) -> int:
    """Control: half the noise that epsilon asks for."""
    return discrete_laplace((scale[0], 2 * scale[1]), random_bytes)


def test_one_event_more_makes_nothing_more_than_e_to_the_epsilon_times_as_likely() -> None:
    for spec in (NEAR, replace(NEAR, suppress_below=10)):
        with_one, without = (outcomes(spec, cars, seed=cars, sampler=discrete_laplace) for cars in (11, 10))
        assert sigmas_beyond(with_one, without, epsilon=1.0) < 4.5
        assert sigmas_beyond(with_one, without, epsilon=0.9) > 4.5


def test_half_the_noise_is_found_out() -> None:
    with_one, without = (outcomes(NEAR, cars, seed=cars, sampler=half) for cars in (11, 10))
    assert sigmas_beyond(with_one, without, epsilon=1.0) > 20
