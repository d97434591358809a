import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tomlfile import Distance, Duration, Quantity, Size
from agent.tomlfile.quantities import BadQuantity

KINDS = [Duration, Size, Distance]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Duration, "0s", 0),
        (Duration, "500ms", 500),
        (Duration, "60s", 60_000),
        (Duration, "10min", 600_000),
        (Duration, "1h", 3_600_000),
        (Duration, "7d", 604_800_000),
        (Size, "12B", 12),
        (Size, "64kB", 64_000),
        (Size, "64KiB", 65_536),
        (Size, "256MB", 256_000_000),
        (Size, "1GiB", 1_073_741_824),
        (Distance, "500m", 500),
        (Distance, "2km", 2000),
    ],
)
def test_parse_of_a_quantity_gives_base_units(kind: type[Quantity], text: str, value: int) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        (Duration, "60", "60s"),
        (Duration, "10 min", "10min"),
        (Duration, "5m", "5min"),
        (Duration, "5 Minutes", "5min"),
        (Duration, "1 hr.", "1h"),
        (Duration, "1.5h", None),
        (Duration, "-1s", None),
        (Duration, "", None),
        (Duration, "1s\n", "1s"),
        (Duration, "\u0661s", None),
        (Duration, "1234567890s", None),
        (Size, "256mb", "256MB"),
        (Size, "64K", "64kB"),
        (Size, "1gib", "1GiB"),
        (Size, "12 apples", None),
        (Distance, "500", "500m"),
        (Distance, "1 KM", "1km"),
    ],
)
def test_parse_of_something_else_refuses_and_proposes(kind: type[Quantity], text: str, hint: str | None) -> None:
    with pytest.raises(BadQuantity) as caught:
        kind.parse(text)
    assert caught.value.hint == (None if hint is None else f'did you mean "{hint}"?')


@given(st.sampled_from(KINDS), st.integers(0, 999_999_999))
def test_written_of_any_quantity_reads_back_as_the_same(kind: type[Quantity], value: int) -> None:
    written = kind(value).written()
    assert kind.parse(written) == value
    assert re.search(kind.pattern(), written)


@given(st.sampled_from(KINDS), st.text(max_size=12))
def test_parse_of_any_text_gives_a_quantity_or_proposes_one(kind: type[Quantity], text: str) -> None:
    proposal: str | None = text
    try:
        kind.parse(text)
    except BadQuantity as error:
        proposal = None if error.hint is None else error.hint.split('"')[1]
    assert proposal is None or (proposal.isascii() and kind.parse(proposal) >= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_written_of_zero_has_the_usual_unit(kind: type[Quantity]) -> None:
    assert kind(0).written() == "0" + kind.ALIASES[""]
