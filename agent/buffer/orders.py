"""How the city wants the streams: what may leave, and what must stay.

In: the control state. Out: an order for each stream. Never: who said so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.wire.orders import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How the city wants each stream: run, hold or suspend.

    Attributes:
        streams: by name.
        others: the streams that are not named.
    """

    streams: Mapping[str, Order] = field(default_factory=dict)
    others: Order = Order.RUN

    def of(self, stream: str) -> Order:
        """Return how one stream is to be; what the unit says about itself always runs."""
        return Order.RUN if stream.startswith("_") else self.streams.get(stream, self.others)
