"""Bytes on the wire in a month, lane by lane.

In: settings. Out: IP bytes of 30 days, both directions. Never: a resend, a weak signal's repetitions.

Each message is priced by what usually happens to it (`agent.uplink.cost.ExpectedCost`). A lane is charged with the
receipts of its messages. Each alarm is taken to change twice a day. The control lane has the status, the unit's
declaration once, the daily head of the disclosure log, tests of the connection (as many as there are keep-alive
intervals without any other message), and so many connections a day.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.buffer.records import Lane as Queue
from agent.config.plans import Settings, StreamPlan
from agent.planning import messages
from agent.uplink.cost import ExpectedCost
from agent.uplink.settings import Delivery
from agent.wire.declared import DECLARATIONS
from agent.wire.orders import LOGS
from agent.wire.topics import Lane, Topics

DAYS: Final = 30
_DAY_S: Final = 86_400
MONTH_S: Final = DAYS * _DAY_S
_CONNECT_BYTES: Final = 90
"""A CONNECT beside the last will and names, with MQTT 5 properties; what answers it is in the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCost:
    """What one stream costs.

    Attributes:
        stream: its name.
        batch_bytes: a signed batch.
        message_bytes: that on the wire, its receipt included, beside the batches that leave at the same moment.
        month_bytes: all of its batches in a month on the wire, their receipts included.
    """

    stream: str
    batch_bytes: int
    message_bytes: int
    month_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A month without outages.

    Attributes:
        streams: what each costs.
        parts: the control lane, by what it is spent on.
        alarm_bytes: the alarm lane.
    """

    streams: tuple[StreamCost, ...]
    parts: Mapping[str, int]
    alarm_bytes: int = 0

    @property
    def lanes(self) -> dict[str, int]:
        """Bytes of the month by lane; a backlog is no rate: see `Prices.backlog`."""
        return {
            Queue.CONTROL.value: sum(self.parts.values()),
            Queue.ALARM.value: self.alarm_bytes,
            Queue.LIVE.value: sum(cost.month_bytes for cost in self.streams),
        }

    @property
    def month_bytes(self) -> int:
        """All of it."""
        return sum(self.lanes.values())


class Prices:
    """What single messages of a configuration cost on the wire."""

    def __init__(self, settings: Settings) -> None:
        tls = settings.uplink.tls
        self._settings = settings
        self._unit = settings.unit.id
        self._topics = Topics(settings.uplink.topic_root)
        self._receipts = settings.uplink.delivery is Delivery.RECEIPT
        self.cost = ExpectedCost(
            tls=tls is not None, client_certificate=tls is not None and tls.client_certificate is not None
        )

    def in_company(self) -> int:
        """Return how much less a batch costs on average since others leave at the same moment.

        Windows of all streams are aligned, and so are their batches, as far as their lengths allow.
        """
        each_s = [batch_s(plan) for plan in self._settings.streams]
        alone = 1 / min(each_s) / sum(1 / length_s for length_s in each_s)
        return round((1 - alone) * self.cost.in_company(receipted=self._receipts))

    def delivered(self, lane: Lane, stream: str, envelope: bytes, *, named: str | None = None) -> int:
        """Return the price of an envelope and of its receipt; `named` is the stream's name in its topic."""
        return self.published(lane, envelope, stream=named) + self.receipt(stream)

    def published(self, lane: Lane, envelope: bytes, *, stream: str | None = None) -> int:
        """Return the price of an envelope that is not receipted."""
        return self.cost.publish(len(self._topics.topic(self._unit, lane, stream)), len(envelope))

    def receipt(self, stream: str) -> int:
        """Return the price of a receipt, if they are used."""
        if not self._receipts:
            return 0
        topic = self._topics.topic(self._unit, Lane.RECEIPT, stream)
        return self.cost.publish(len(topic), len(messages.receipt(self._unit, stream)))

    def connection(self) -> int:
        """Return the price of a connection: handshakes, greeting, subscription, first status, end."""
        will = messages.status(self._settings)
        topic = self._topics.topic(self._unit, Lane.STATUS)
        opening = self.cost.connection(_CONNECT_BYTES + len(topic) + len(self._unit) + len(will))
        return opening + self.published(Lane.STATUS, will)

    def backlog(self, plan: StreamPlan, rows: int) -> int:
        """Return the price of so many rows of a stream that were kept for too long to be live."""
        whole, rest = divmod(rows, plan.policy.backlog_rows)
        price = whole * self._backlog(plan, plan.policy.backlog_rows) if whole else 0
        return price + (self._backlog(plan, rest) if rest else 0)

    def _backlog(self, plan: StreamPlan, rows: int) -> int:
        envelope = messages.batch(self._settings, plan, rows=rows)
        return self.delivered(Lane.BACKLOG, plan.name, envelope, named=plan.name)


def stream_cost(settings: Settings, plan: StreamPlan, *, seconds: float = MONTH_S) -> StreamCost:
    """Return what one stream costs, in a month or in another time."""
    envelope = messages.batch(settings, plan)
    prices = Prices(settings)
    each = prices.delivered(Lane.LIVE, plan.name, envelope, named=plan.name) - prices.in_company()
    return StreamCost(
        stream=plan.name,
        batch_bytes=len(envelope),
        message_bytes=each,
        month_bytes=round(seconds / batch_s(plan) * each),
    )


def batch_s(plan: StreamPlan) -> float:
    """Return the seconds from one batch of a stream to the next."""
    return plan.spec.window_ms * plan.policy.batch_rows / 1000


def control(settings: Settings, *, connections_a_day: float = 1.0, seconds: float = MONTH_S) -> dict[str, int]:
    """Return what the control lane is spent on, in a month or in another time."""
    prices, days = Prices(settings), seconds / _DAY_S
    statuses = seconds / settings.uplink.status_s
    return {
        "status": round(statuses * prices.published(Lane.STATUS, messages.status(settings))),
        "declaration": prices.delivered(Lane.DECLARATION, DECLARATIONS, messages.declared(settings)),
        "disclosure log": round(max(1.0, days) * prices.delivered(Lane.LOG, LOGS, messages.log_head(settings))),
        "tests of the connection": round(seconds * _pings_a_second(settings) * prices.cost.ping()),
        "connections": round(days * connections_a_day * prices.connection()),
    }


def _pings_a_second(settings: Settings) -> float:
    """Return how often the connection is silent for a whole keep-alive interval.

    Windows of all streams are aligned, so that the longest silence is that between two batches of the busiest one.
    """
    gap_s = min([settings.uplink.status_s, *(batch_s(plan) for plan in settings.streams)])
    return max(0, math.ceil(gap_s / settings.uplink.keepalive_s) - 1) / gap_s


def alarms(settings: Settings, *, changes_a_day: float, seconds: float = MONTH_S) -> int:
    """Return the cost of the alarms, each of which changes so often; a faster cadence that they start is left out."""
    prices = Prices(settings)
    once = sum(
        prices.delivered(Lane.ALARM, plan.name, messages.alarm(plan, alarm.name), named=plan.name)
        for plan in settings.streams
        for alarm in plan.alarms
    )
    return round(once * changes_a_day * seconds / _DAY_S)


def traffic(
    settings: Settings, *, connections_a_day: float = 1.0, changes_a_day: float = 2.0, seconds: float = MONTH_S
) -> Traffic:
    """Return a month, or another time."""
    return Traffic(
        alarm_bytes=alarms(settings, changes_a_day=changes_a_day, seconds=seconds),
        streams=tuple(stream_cost(settings, plan, seconds=seconds) for plan in settings.streams),
        parts=control(settings, connections_a_day=connections_a_day, seconds=seconds),
    )
