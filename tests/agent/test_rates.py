"""Token buckets."""

import pytest

from agent.rates import Bucket

NS = 1_000_000_000


def test_bucket_gives_at_once_what_its_burst_holds_and_the_rest_at_its_rate() -> None:
    bucket = Bucket.full(60, burst_s=10, now_ns=0)
    assert bucket.wait_s(10) == 0
    bucket.take(10)
    assert bucket.wait_s(4) == pytest.approx(4)
    bucket.refill(3 * NS)
    assert bucket.wait_s(4) == pytest.approx(1)
    bucket.refill(3600 * NS)
    assert bucket.wait_s(10) == 0
    assert bucket.tokens == 10, "never more than its burst"


def test_bucket_lets_more_than_its_burst_through_and_is_in_debt_then() -> None:
    bucket = Bucket.full(60, burst_s=10, now_ns=0)
    assert bucket.wait_s(25) == 0
    bucket.take(25)
    assert bucket.wait_s(1) == pytest.approx(16)


def test_bucket_without_a_rate_never_waits() -> None:
    bucket = Bucket.full(None, burst_s=60, now_ns=0)
    bucket.take(10**9)
    assert bucket.wait_s(10**9) == 0
