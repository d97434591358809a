import pytest

from drivers.maxbotix import MODEL, decode
from drivers.maxbotix.options import Options, Unit


@pytest.mark.parametrize(
    ("options", "number", "distance"),
    [
        (Options(), 300, 300),
        (Options(), 4999, 4999),
        (Options(), 5000, None),
        (Options(), 9999, None),
        (Options(no_target=9999), 5000, 5000),
        (Options(no_target=9999), 9998, 9998),
        (Options(no_target=9999), 9999, None),
        (Options(unit=Unit.CM), 20, 200),
        (Options(unit=Unit.CM), 764, 7640),
        (Options(unit=Unit.CM), 765, None),
        (Options(unit=Unit.CM, no_target=1068), 1067, 10_670),
    ],
)
def test_distance_is_in_millimetres_and_none_without_a_target(
    options: Options, number: int, distance: int | None
) -> None:
    assert decode.values(number, options) == {"distance": distance, "level": None}
    assert decode.ticks(number) == {"range": number}


def test_level_is_what_the_height_leaves_and_goes_with_the_distance() -> None:
    options = Options(height_mm=3200)

    assert decode.values(1000, options) == {"distance": 1000, "level": 2200}
    assert decode.values(3300, options) == {"distance": 3300, "level": -100}
    assert decode.values(5000, options) == {"distance": None, "level": None}
    assert set(decode.values(1000, options)) == {channel.name for channel in MODEL.channels}


def test_options_that_no_sensor_has_say_what_is_expected() -> None:
    with pytest.raises(ValueError, match="no_target: expected 0 to"):
        Options(no_target=10_000)
    with pytest.raises(ValueError, match="height_mm: expected 0 to"):
        Options(height_mm=-1)
