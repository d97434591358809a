"""From one passage to values: pure, in integers."""

from drivers.ops243.passages import Passage


def ticks(passage: Passage) -> dict[str, int]:
    """Return how many reports there were, and the fastest."""
    return {"reports": passage.reports, "speed": passage.cm_s}


def values(passage: Passage) -> dict[str, int | None]:
    """Return one vehicle, where it went, and its speed in hundredths of a metre a second."""
    return {
        "vehicles": 1,
        "inbound": int(passage.inbound),
        "outbound": int(not passage.inbound),
        "speed": passage.cm_s,
    }
