import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire.errors import BadTopic
from agent.wire.topics import FROM_UNIT, WITH_STREAM, Address, Lane, Topics
from tests.support import wire_strategies

_TOPICS = Topics()


@pytest.mark.parametrize(
    ("lane", "stream", "topic"),
    [
        (Lane.LIVE, "corner-air", "lamppost/1/corner-7/live/corner-air"),
        (Lane.BACKLOG, "corner-air", "lamppost/1/corner-7/backlog/corner-air"),
        (Lane.DECLARATION, None, "lamppost/1/corner-7/declaration"),
        (Lane.STATUS, None, "lamppost/1/corner-7/status"),
        (Lane.ALARM, "corner-air", "lamppost/1/corner-7/alarm/corner-air"),
        (Lane.ACK, None, "lamppost/1/corner-7/ack"),
        (Lane.LOG, None, "lamppost/1/corner-7/log"),
        (Lane.RECEIPT, "corner-air", "lamppost/1/corner-7/receipt/corner-air"),
        (Lane.CONTROL, None, "lamppost/1/corner-7/control"),
    ],
)
def test_topic_of_every_lane_is_the_one_in_the_design(lane: Lane, stream: str | None, topic: str) -> None:
    assert _TOPICS.topic("corner-7", lane, stream) == topic
    assert _TOPICS.parse(topic) == Address(unit="corner-7", lane=lane, stream=stream)


@given(
    wire_strategies.NAMES,
    st.sampled_from(Lane),
    wire_strategies.NAMES,
    st.lists(wire_strategies.NAMES, min_size=1, max_size=3).map("/".join),
)
def test_parse_of_any_topic_of_ours_returns_what_it_was_made_of(unit: str, lane: Lane, name: str, root: str) -> None:
    stream = name if lane in WITH_STREAM else None
    topics = Topics(root)
    assert topics.parse(topics.topic(unit, lane, stream)) == Address(unit=unit, lane=lane, stream=stream)


@given(st.text(max_size=40) | st.text("lampost1/+#ive", max_size=20).map("lamppost/1/".__add__))
def test_parse_of_any_text_refuses_it_or_gives_what_makes_it_again(text: str) -> None:
    try:
        address = _TOPICS.parse(text)
    except BadTopic:
        return
    assert _TOPICS.topic(address.unit, address.lane, address.stream) == text


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "lamppost/1",
        "lamppost/1/corner-7",
        "lamppost/1/corner-7/live",
        "lamppost/1/corner-7/live/",
        "lamppost/1/corner-7/live/a/b",
        "lamppost/1/corner-7/live/+",
        "lamppost/1/corner-7/status/",
        "lamppost/1/corner-7/status/a",
        "lamppost/1/corner-7/ack/_ack",
        "lamppost/1/corner-7/log/_log",
        "lamppost/1/corner-7/other",
        "lamppost/1/+/status",
        "lamppost/1//status",
        "lamppost/2/corner-7/status",
        "other/1/corner-7/status",
        "/lamppost/1/corner-7/status",
    ],
)
def test_parse_of_another_topic_refuses_it(topic: str) -> None:
    with pytest.raises(BadTopic):
        _TOPICS.parse(topic)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "ü", "-a", ".a", "a" * 65, "a\n"])
def test_topic_with_a_name_that_is_none_refuses_it(name: str) -> None:
    with pytest.raises(BadTopic):
        _TOPICS.topic(name, Lane.STATUS)
    with pytest.raises(BadTopic):
        _TOPICS.topic("corner-7", Lane.LIVE, name)


@pytest.mark.parametrize("name", ["", "a/b", "#", "a b", "++"])
def test_filter_of_a_name_that_is_none_refuses_it(name: str) -> None:
    with pytest.raises(BadTopic):
        _TOPICS.filter(Lane.STATUS, name)


def test_topic_with_a_stream_too_many_or_missing_refuses_it() -> None:
    with pytest.raises(BadTopic, match="needs a stream"):
        _TOPICS.topic("corner-7", Lane.LIVE)
    with pytest.raises(BadTopic, match="has no stream"):
        _TOPICS.topic("corner-7", Lane.STATUS, "corner-air")


@pytest.mark.parametrize("root", ["", "/", "a/", "/a", "a//b", "a/+", "$SYS", "#"])
def test_root_that_is_no_plain_topic_refuses_it(root: str) -> None:
    with pytest.raises(BadTopic, match="root"):
        Topics(root)


def test_filter_takes_one_unit_or_all() -> None:
    assert _TOPICS.filter(Lane.LIVE) == "lamppost/1/+/live/+"
    assert _TOPICS.filter(Lane.STATUS) == "lamppost/1/+/status"
    assert Topics("city/north").filter(Lane.RECEIPT, "corner-7") == "city/north/1/corner-7/receipt/+"


def test_lanes_towards_the_unit_are_receipts_and_control() -> None:
    assert set(Lane) - set(FROM_UNIT) == {Lane.RECEIPT, Lane.CONTROL}
    assert {Lane.ACK, Lane.LOG} < set(FROM_UNIT)
