"""The plays of a stream with noise: what leaves must be the exact count, and the noise, and nothing before the noise.

In: what makes fresh filters, which get throwaway ledgers here. Out: nothing, or why the stream may not start. Never:
budget of the stream, a draw that anybody but the rehearsal sees.

The noise of a real filter cannot be predicted. So two things are shown apart: that the filter adds what its sampler
draws, one draw of the right scale for each count, and decides on nothing else (a tape takes the sampler's place, and
the oracle is told what was drawn); and that a filter as the unit makes it, with nothing in the sampler's place, does
add noise (its scale is set so large that the same few people come out differently from window to window). That the
sampler has the right distribution is shown by the proofs in `tests/proofs`, which need more draws than a start has
time for.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import cycle
from typing import Final

from agent.privacy.canaries import Flock
from agent.privacy.distinct import RandomBytes
from agent.privacy.filter import StreamFilter
from agent.privacy.ledger import DAY_MS, MOST_TERM, Account, Budget, Ledger
from agent.privacy.noised import noised_columns, scale_of
from agent.privacy.oracle_noise import expected_noisy_values
from agent.privacy.rehearsal import Scene, one_each, scenes
from agent.privacy.released import Released
from agent.privacy.spec import Noise, StreamSpec
from agent.privacy.stage import Failed, Stage, compare, play_partial, play_scenes, play_walks
from agent.quality import Quality

MakeFilter = Callable[..., StreamFilter]

TAPES: Final[tuple[tuple[int, ...], ...]] = ((1,), (-8,), (3, -2, 0, 12, -7))
"""What is drawn, over and over: enough to make k of k - 1, and k - 1 of the crowd of k + 7; and all different."""
LOUD_WINDOWS: Final = 64
"""Each is cut to one end of its range or the other by a toss of a coin: all of them alike, once in 2**63 starts."""
_BOOT: Final = bytes(16)


class Tape:
    """Takes the sampler's place: draws what is written on it, and remembers what it was asked for."""

    def __init__(self, values: Sequence[int]) -> None:
        self._values = cycle(values)
        self.draws: list[int] = []
        self.scales: set[Fraction] = set()

    def __call__(self, scale: tuple[int, int], random_bytes: RandomBytes) -> int:
        """Return the next draw."""
        del random_bytes
        self.scales.add(Fraction(*scale))
        self.draws.append(next(self._values))
        return self.draws[-1]


class NoisyStage(Stage):
    """A stage with a filter whose noise is known."""

    def __init__(
        self, spec: StreamSpec, make_filter: MakeFilter, *, flock: Flock, tape: Tape, ledger: Ledger
    ) -> None:
        super().__init__(spec, make_filter(ledger=ledger, sampler=tape), flock)
        self.tape = tape
        self.drawn: list[int] = []

    def close(self) -> Released:
        """End the window, and note what was drawn for it."""
        self.tape.draws.clear()
        row = super().close()
        self.drawn = [*self.tape.draws]
        return row

    def compare(self, scene: Scene, row: Released) -> None:
        """Hold the row of a scene against the oracle, which knows what was drawn."""
        columns = noised_columns(self.spec)
        if len(self.drawn) != len(columns):
            raise Failed(f"{scene.name}: noise was drawn {len(self.drawn)} times for {len(columns)} counts")
        expected = expected_noisy_values(self.spec, scene.sightings, self.drawn)
        compare(self.spec, replace(scene, hides=False, hides_bins=frozenset()), row, expected)
        for number in columns:
            shown, quality = row.values[number] is not None, row.quality[number]
            if quality not in ({Quality.OK, Quality.SATURATED} if shown else {Quality.SUPPRESSED}):
                raise Failed(
                    f"{scene.name}: channel {self.spec.channels[number].name} tells more than its noisy count"
                )


def play_with_noise(spec: StreamSpec, noise: Noise, make_filter: MakeFilter, *, flock: Flock) -> None:
    """Play everything that a filter with noise must do.

    Raises:
        Failed: it does not.
    """

    def stage(ledger: Ledger, values: Sequence[int] = TAPES[0]) -> NoisyStage:
        return NoisyStage(spec, make_filter, flock=flock, tape=Tape(values), ledger=ledger)

    for values in TAPES:
        _play_scenes(stage(_rich(noise), values), noise)
    _play_unpaid(stage(_rich(noise)))
    _play_unpaid(stage(_rich(noise)), synchronised=True, boot_id=_BOOT)
    _play_spent(stage(_exhausted(noise)))
    _play_partial(stage(_rich(noise)))
    play_walks(stage(_rich(noise)))
    _play_loudly(spec, noise, make_filter)


def _rich(noise: Noise) -> Ledger:
    """Return a throwaway ledger with more than a rehearsal spends."""
    return Ledger(Budget(epsilon=noise.epsilon, daily=(MOST_TERM, 1)), Account(missing=False))


def _exhausted(noise: Noise) -> Ledger:
    """Return a throwaway ledger that has nothing left of the first day since 1970."""
    spent = Account(last_ms=0, spent=Fraction(*noise.daily), missing=False)
    return Ledger(Budget(epsilon=noise.epsilon, daily=noise.daily), spent)


def _play_scenes(stage: NoisyStage, noise: Noise) -> None:
    stage.filter.synchronised = True
    play_scenes(stage)
    if stage.tape.scales != {Fraction(*scale_of(noise))}:
        raise Failed("noise of another scale was drawn than sensitivity over epsilon")


def _play_unpaid(stage: NoisyStage, *, synchronised: bool = False, boot_id: bytes | None = None) -> None:
    """Have a crowd while the clock does not know the date; a fresh filter takes it for not synchronised."""
    if synchronised:
        stage.filter.synchronised = True
    stage.filter.begin(stage.now_ms, boot_id=boot_id)
    _expect_nothing(stage, Quality.SUPPRESSED, "without a date")


def _play_spent(stage: NoisyStage) -> None:
    """Have a crowd in the second window of a day that has no budget left; the first one counts as given out."""
    step = stage.spec.window_ms
    if 2 * step > DAY_MS:
        return
    stage.filter.synchronised = True
    stage.now_ms = step
    stage.filter.begin(stage.now_ms, boot_id=None)
    _expect_nothing(stage, Quality.BUDGET_SPENT, "without budget")


def _expect_nothing(stage: NoisyStage, quality: Quality, when: str) -> None:
    stage.show(next(scenes(stage.spec)).sightings)
    row = stage.close()
    for number in noised_columns(stage.spec):
        if (row.values[number], row.quality[number]) != (None, quality):
            raise Failed(f"{when}: channel {stage.spec.channels[number].name} left")
    if stage.drawn:
        raise Failed(f"{when}: noise was drawn")


def _play_partial(stage: NoisyStage) -> None:
    stage.filter.synchronised = True
    play_partial(stage)
    if stage.drawn:
        raise Failed("partial window: noise was drawn")


def _play_loudly(spec: StreamSpec, noise: Noise, make_filter: MakeFilter) -> None:
    """Show the same few people again and again to a filter that draws its own noise, of an enormous scale."""
    enormous = replace(noise, epsilon=(1, MOST_TERM), daily=(1, 1))
    loud = replace(spec, suppress_below=None, noise=enormous)
    stage = Stage(loud, make_filter(spec=loud, ledger=_rich(enormous)), Flock([]))
    stage.filter.synchronised = True
    stage.filter.begin(0, boot_id=None)
    few = one_each(loud)
    for _ in range(LOUD_WINDOWS):
        stage.show(few)
        stage.close()
    for number in noised_columns(loud):
        if len({(row.values[number], row.quality[number]) for row in stage.rows}) == 1:
            raise Failed(f"channel {loud.channels[number].name}: the same people always come out the same: no noise")
