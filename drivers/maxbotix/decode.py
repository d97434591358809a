"""From the number in a line of a MaxBotix sensor to values: pure, in integers.

In: a number, how the sensor is mounted. Out: values by channel name, in millimetres. Never: input, output.
"""

from drivers.maxbotix.options import Options


def ticks(number: int) -> dict[str, int]:
    """Return the number as it was sent."""
    return {"range": number}


def values(number: int, options: Options) -> dict[str, int | None]:
    """Return distance and level, None for both when nothing reflects, and for the level without a height.

    A target nearer than the sensor can tell is reported at the nearest distance that it can (vinceskahan/v5wiki,
    maxbotix.md): such a distance is too long, and such a level too low.
    """
    if number >= options.nothing_at:
        return {"distance": None, "level": None}
    distance = number * options.unit.millimetres
    return {"distance": distance, "level": options.height_mm - distance if options.height_mm else None}
