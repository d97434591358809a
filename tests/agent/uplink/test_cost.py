"""Prices of messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.cost import WireCost

PLAIN = WireCost(tls=False)
TLS = WireCost(tls=True)


@given(st.integers(0, 300), st.integers(0, 300_000))
def test_cost_of_a_publish_covers_its_bytes_and_each_segment(topic: int, payload: int) -> None:
    """A message never costs less than its own bytes and 52 for each segment it needs."""
    body = topic + payload
    for cost in (PLAIN, TLS):
        assert cost.publish(topic, payload) >= body + 52 * (1 + body // 1460)


@pytest.mark.parametrize(("smaller", "larger"), [(PLAIN, TLS), (TLS, WireCost(tls=True, client_certificate=True))])
def test_cost_with_more_protection_is_higher(smaller: WireCost, larger: WireCost) -> None:
    assert smaller.connection(200) < larger.connection(200)


def test_cost_of_a_small_message_is_what_the_model_says() -> None:
    # 1+1 header, 2+20 topic, 2 id, 1 properties, 60 payload = 87; PUBACK 6; each with two segments
    assert PLAIN.publish(20, 60) == 87 + 144 + 6 + 144
    assert TLS.publish(20, 60) == PLAIN.publish(20, 60) + 2 * 29


def test_cost_of_a_try_without_an_answer_is_small() -> None:
    assert TLS.attempt() < 500
