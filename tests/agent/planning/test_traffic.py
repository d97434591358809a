"""Bytes of a month, from messages that a receiver could read."""

from dataclasses import replace

import pytest

from agent.config import Settings
from agent.config.plans import StreamPlan
from agent.planning import messages
from agent.planning.traffic import DAYS, Prices, batch_s, control, traffic
from agent.uplink.settings import Delivery
from agent.wire import cose, payload
from agent.wire.messages import Batch, Kind
from tests.support.config_files import edited, resolved


@pytest.fixture
def settings() -> Settings:
    return resolved(edited())


def _with(settings: Settings, **uplink: object) -> Settings:
    return replace(settings, uplink=replace(settings.uplink, **uplink))  # type: ignore[arg-type]  # the names are the caller's


def test_typical_batch_is_one_that_a_receiver_could_read(settings: Settings) -> None:
    for plan in settings.streams:
        envelope = messages.batch(settings, plan)
        peeked = cose.peek(envelope)
        read = payload.decode(peeked.kind, cose.payload_of(envelope))
        assert isinstance(read, Batch)
        assert len(read.columns) == len(plan.spec.channels)
        assert len(read.columns[0].values) == plan.policy.batch_rows


def test_other_typical_messages_are_of_their_kind(settings: Settings) -> None:
    kinds = {
        Kind.RECEIPT: messages.receipt("corner-1", "weather"),
        Kind.STATUS: messages.status(settings),
        Kind.DECLARATION: messages.declared(settings),
        Kind.LOG: messages.log_head(settings),
        Kind.ALARM: messages.alarm(settings.streams[0], "heat"),
    }
    assert {kind: cose.peek(data).kind for kind, data in kinds.items()} == {kind: kind for kind in kinds}


def test_month_of_a_stream_is_its_batches_with_their_receipts(settings: Settings) -> None:
    for plan, cost in zip(settings.streams, traffic(settings).streams, strict=True):
        batches = DAYS * 86_400 / batch_s(plan)
        assert cost.month_bytes == pytest.approx(batches * cost.message_bytes, rel=1e-6)
        assert cost.message_bytes > cost.batch_bytes + len(messages.receipt(settings.unit.id, plan.name))


def test_month_grows_with_shorter_batches(settings: Settings) -> None:
    (weather, *rest) = settings.streams
    often = replace(settings, streams=(replace(weather, policy=replace(weather.policy, batch_rows=1)), *rest))
    assert traffic(often).streams[0].month_bytes > 3 * traffic(settings).streams[0].month_bytes


def test_batch_that_leaves_with_others_costs_less_than_one_alone(settings: Settings) -> None:
    first, *_ = settings.streams
    alone = replace(settings, streams=(first,))
    crowd = replace(settings, streams=tuple(_named(first, f"s{number}") for number in range(8)))
    seldom = replace(first, policy=replace(first.policy, batch_rows=1000 * first.policy.batch_rows))
    beside = replace(settings, streams=(first, _named(seldom, "seldom")))
    price = traffic(alone).streams[0].message_bytes
    assert 0 < Prices(crowd).in_company() < price / 2
    assert Prices(_with(crowd, delivery=Delivery.BROKER)).in_company() == Prices(crowd).in_company() // 2
    assert Prices(alone).in_company() == Prices(beside).in_company() == 0
    assert traffic(crowd).streams[0].message_bytes < price


def _named(plan: StreamPlan, name: str) -> StreamPlan:
    return replace(plan, spec=replace(plan.spec, name=name))


def test_month_without_receipts_and_without_tls_is_smaller(settings: Settings) -> None:
    for changed in (_with(settings, delivery=Delivery.BROKER), _with(settings, tls=None)):
        assert traffic(changed).month_bytes < traffic(settings).month_bytes


def test_control_lane_has_tests_of_the_connection_only_where_it_is_silent_for_long(settings: Settings) -> None:
    gap_s = min([settings.uplink.status_s, *(batch_s(plan) for plan in settings.streams)])
    never = control(_with(settings, keepalive_s=int(gap_s) + 1))
    once = control(_with(settings, keepalive_s=int(gap_s) - 1))
    twice = control(_with(settings, keepalive_s=int(gap_s) // 2 - 1))
    name = "tests of the connection"
    assert never[name] == 0
    assert twice[name] == pytest.approx(2 * once[name], rel=0.01)
    assert once[name] == pytest.approx(DAYS * 86_400 / gap_s * Prices(settings).cost.ping(), rel=0.01)


def test_control_lane_grows_with_connections_and_status(settings: Settings) -> None:
    often = control(settings, connections_a_day=10)
    assert often["connections"] == pytest.approx(10 * control(settings)["connections"], rel=0.001)
    slow = control(_with(settings, status_s=86_400.0))
    assert slow["status"] < control(settings)["status"] / 50


def test_backlog_costs_less_a_row_than_live_data(settings: Settings) -> None:
    prices, plan = Prices(settings), settings.streams[0]
    rows = plan.policy.batch_rows * 20
    live = traffic(settings).streams[0].message_bytes * 20
    assert 0 < prices.backlog(plan, rows) < live
    assert prices.backlog(plan, 0) == 0
    most = plan.policy.backlog_rows
    assert prices.backlog(plan, 2 * most) == 2 * prices.backlog(plan, most)


def test_alarms_are_a_lane_of_their_own(settings: Settings) -> None:
    calm, busy = traffic(settings, changes_a_day=2.0), traffic(settings, changes_a_day=20.0)
    declared = sum(len(plan.alarms) for plan in settings.streams)
    assert busy.lanes["alarm"] == pytest.approx(10 * calm.lanes["alarm"], rel=0.01)
    assert bool(calm.lanes["alarm"]) is bool(declared)
    assert calm.month_bytes == sum(calm.lanes.values())
