from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss import decode
from drivers.gnss.decode import Part
from drivers.gnss.epochs import Epoch, EpochAssembler


def part(kind: str, time_ms: int | None, *, talker: str = "GN", quality: int = 1) -> Part:
    position = (1, 2) if quality else None
    utc_ms = 10**12 + (time_ms or 0) if kind == "RMC" and quality else None
    return Part(
        address=f"{talker}{kind}".encode(), time_ms=time_ms, quality=quality, position=position, utc_ms=utc_ms
    )


def assemble(*parts: Part) -> list[Epoch]:
    assembler = EpochAssembler()
    return [epoch for number, each in enumerate(parts) if (epoch := assembler.add(number, each)) is not None]


@pytest.mark.parametrize("order", [("RMC", "GGA"), ("GGA", "RMC"), ("GNS", "RMC")], ids="-".join)
def test_epoch_with_both_halves_is_given_out_with_the_second(order: tuple[str, str]) -> None:
    assembler = EpochAssembler()

    assert assembler.add(10, part(order[0], 1000)) is None
    epoch = assembler.add(20, part(order[1], 1000))

    assert epoch is not None
    assert epoch.mono_ns == 10
    assert epoch.values()["utc"] == 10**12 + 1000


@pytest.mark.parametrize("kind", ["RMC", "GGA"])
def test_epoch_that_lacks_a_half_is_given_out_with_the_next_time(kind: str) -> None:
    epochs = assemble(*[part(kind, time_ms) for time_ms in (1000, 2000, 3000)])

    assert [epoch.mono_ns for epoch in epochs] == [0, 1]
    assert {epoch.values()["latitude"] for epoch in epochs} == {1}


def test_halves_of_different_times_are_never_put_together() -> None:
    epochs = assemble(part("GGA", 1000), part("RMC", 2000), part("GGA", 2000))

    assert [(epoch.fix is not None, epoch.minimum is not None) for epoch in epochs] == [(True, False), (True, True)]


def test_same_said_by_other_talkers_and_types_is_passed_over() -> None:
    epochs = assemble(
        part("GGA", 1000, talker="GP"),
        part("GGA", 1000, talker="GL"),
        part("RMC", 1000),
        part("GNS", 1000),
        part("RMC", 1000, talker="GP"),
        part("GGA", 2000, talker="GP"),
        part("RMC", 2000),
    )

    assert len(epochs) == 2
    assert not any(epoch.stale for epoch in epochs)


def test_epoch_of_a_clock_that_stands_still_has_no_fix_no_place_and_no_time() -> None:
    still = [part("RMC", 1000), part("GGA", 1000)]
    epochs = assemble(*still, *still, *still)

    assert [epoch.quality for epoch in epochs] == [1, 0, 0]
    assert [epoch.values()["utc"] is None for epoch in epochs] == [False, True, True]
    assert epochs[1].position is None


def test_receiver_with_one_sentence_and_a_clock_that_stands_still_is_stale_too() -> None:
    epochs = assemble(*[part("RMC", 1000)] * 3)

    assert [epoch.quality for epoch in epochs] == [1, 0]


def test_receiver_that_knows_no_time_gives_an_epoch_for_each_pair() -> None:
    nothing = [part("RMC", None, quality=0), part("GGA", None, quality=0)]

    epochs = assemble(*nothing, *nothing)

    assert [(epoch.quality, epoch.position, epoch.stale) for epoch in epochs] == [(0, None, False)] * 2


@pytest.mark.parametrize(("rmc", "gga"), [(1, 0), (0, 1), (0, 0)])
def test_epoch_has_a_fix_only_if_both_sentences_say_so(rmc: int, gga: int) -> None:
    (epoch,) = assemble(part("RMC", 1000, quality=rmc), part("GGA", 1000, quality=gga))

    values = epoch.values()
    assert [values[name] for name in ("fix", "latitude", "longitude", "altitude", "utc")] == [
        0,
        None,
        None,
        None,
        None,
    ]


def test_epoch_after_a_sentence_was_lost_finds_back() -> None:
    times = [part(kind, time_ms) for time_ms in range(0, 10_000, 1000) for kind in ("RMC", "GGA")]
    del times[7]

    epochs = assemble(*times)

    assert len(epochs) == 10
    assert [epoch.fix is None for epoch in epochs].count(True) == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=12))
def test_every_time_that_comes_with_at_least_one_sentence_gives_exactly_one_epoch_in_order(
    seconds: list[tuple[bool, bool, bool]],
) -> None:
    parts: list[Part] = []
    for number, (rmc, gga, rmc_first) in enumerate(seconds):
        halves = [part("RMC", number * 1000)] * rmc + [part("GGA", number * 1000)] * gga
        parts += halves if rmc_first else halves[::-1]
    heard = [number for number, (rmc, gga, _) in enumerate(seconds) if rmc or gga]

    epochs = assemble(*parts, part("RMC", 80_000_000), part("RMC", 81_000_000))[: len(heard)]

    times = [(epoch.minimum or epoch.fix or parts[0]).time_ms for epoch in epochs]
    assert times == [number * 1000 for number in heard]
    assert all(earlier.mono_ns < later.mono_ns for earlier, later in pairwise(epochs))
    assert not any(epoch.stale for epoch in epochs)


def test_wanted_types_are_those_that_part_understands() -> None:
    assert frozenset({b"RMC", b"GGA", b"GNS"}) == decode.WANTED
