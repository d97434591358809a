"""Tests of which version of MQTT is spoken."""

from agent.uplink.interfaces import MQTT_5, MQTT_311
from agent.uplink.settings import Mqtt
from agent.uplink.versions import Versions

DAY_S = 86_400.0
MINUTE_NS = 60 * 1_000_000_000


def versions() -> Versions:
    return Versions(Mqtt.AUTO, retry_s=DAY_S)


def test_versions_at_the_start_is_5() -> None:
    assert versions().choose(0) == MQTT_5


def test_versions_of_a_broker_that_never_answered_5_stay_old_for_a_day() -> None:
    spoken = versions()
    spoken.closed(MQTT_5)
    assert spoken.choose(0) == MQTT_311
    spoken.worked(MQTT_311, 0)
    assert spoken.choose(60 * MINUTE_NS) == MQTT_311
    assert spoken.choose(24 * 60 * MINUTE_NS) == MQTT_5


def test_versions_of_a_broker_that_stalled_return_to_5_soon() -> None:
    spoken = versions()
    spoken.worked(MQTT_5, 0)
    spoken.closed(MQTT_5)
    assert spoken.choose(0) == MQTT_311
    spoken.worked(MQTT_311, 0)
    assert spoken.choose(MINUTE_NS) == MQTT_5


def test_versions_without_an_answer_to_either_take_turns() -> None:
    spoken = versions()
    spoken.closed(MQTT_5)
    spoken.closed(MQTT_311)
    assert spoken.choose(0) == MQTT_5


def test_versions_of_a_broker_that_refused_5_stay_old_for_a_day() -> None:
    spoken = versions()
    spoken.worked(MQTT_5, 0)
    spoken.refused(MQTT_5, 0)
    assert spoken.choose(60 * MINUTE_NS) == MQTT_311
