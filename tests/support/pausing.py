"""Plans of sensors that may be paused."""

from agent.config.plans import SensorPlan
from agent.poller import StartPolicy
from drivers.bme280 import MODEL


def plan(name: str, hours: tuple[tuple[int, int], ...]) -> SensorPlan:
    """Return the plan of a sensor with these quiet hours."""
    return SensorPlan(
        name=name,
        model=MODEL,
        bus="pole",
        address=0x76,
        options=None,
        interval_s=10,
        timeout_s=5,
        start=StartPolicy.RETRY,
        quiet_hours=hours,
    )
