"""Which streams may change the length of their windows, and so the pace at which their rows come.

In: a stream. Out: yes or no. Never: yes, for one about people, vehicles or places: when something changes would tell.
"""

from agent.privacy.spec import StreamSpec
from drivers.reading import Sensitivity


def paced(spec: StreamSpec) -> bool:
    """Return whether every channel of a stream is a measurement that is derived from nobody."""
    return all(channel.group is None and channel.sensitivity is Sensitivity.MEASUREMENT for channel in spec.channels)
