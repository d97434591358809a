"""Our own drivers on every sensor that a BUSFILE lists, whether anybody else has a driver for it or not."""

import asyncio

import pytest

from tests.hil.busfile import Listed
from tests.hil.examining import Unfit, examine

pytestmark = pytest.mark.hardware


def test_listed_sensor_opens_measures_closes_and_opens_again(listed: Listed | None) -> None:
    assert listed is not None
    problem = ""
    try:
        asyncio.run(examine(listed))
    except Unfit as error:
        problem = f"sensor {listed.plan.name}: {error}"
    if problem:
        pytest.fail(problem, pytrace=False)
