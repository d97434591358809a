import pytest

from drivers.errors import InvalidData
from drivers.rg15 import MODEL, decode
from drivers.rg15.lines import Rain


def rain(acc: int, total: int, *words: bytes, metric: bool = True) -> Rain:
    return Rain(acc=acc, event=7, total=total, intensity=250, metric=metric, words=frozenset(words))


def test_rain_is_the_growth_of_the_total_even_when_an_answer_between_was_lost() -> None:
    found = decode.values(rain(5, 130), before=rain(9, 100))

    assert found == {"rain": 30, "event": 7, "total": 130, "intensity": 250}
    assert set(found) == {channel.name for channel in MODEL.channels}


def test_rain_after_a_restart_is_what_has_fallen_since() -> None:
    assert decode.values(rain(0, 5), before=rain(0, 100))["rain"] == 5
    assert decode.values(rain(5, 105), before=None)["rain"] == 5


@pytest.mark.parametrize(
    ("acc", "total", "agrees"), [(30, 130, True), (29, 131, True), (0, 130, False), (3, 13, False), (5, 5, False)]
)
def test_answer_agrees_when_its_total_has_grown_by_what_fell(acc: int, total: int, *, agrees: bool) -> None:
    assert decode.agrees(rain(acc, total), rain(0, 100)) is agrees


@pytest.mark.parametrize("word", [b"TooCold", b"LensBad", b"EmSat"])
def test_sensor_that_cannot_see_the_rain_has_sums_but_no_rain(word: bytes) -> None:
    found = decode.values(rain(0, 100, word), before=rain(0, 100))

    assert found == {"rain": None, "event": 7, "total": 100, "intensity": None}
    assert sum(decode.ticks(rain(0, 100, word))[name] for name in ("too_cold", "lens_bad", "em_sat")) == 1


def test_word_that_nobody_knows_changes_nothing() -> None:
    assert decode.values(rain(0, 100, b"Fine"), before=rain(0, 90))["rain"] == 10


def test_inches_are_refused() -> None:
    with pytest.raises(InvalidData, match="RX connected"):
        decode.values(rain(0, 0, metric=False), before=None)
