"""The bench counts on its own parser: it must find every packet, however the bytes come."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.counting import Packets, topic_of

CONNECT = bytes([0x10, 2]) + b"ab"
PING = bytes([0xC0, 0])


def publish(topic: str, payload: bytes) -> bytes:
    """A PUBLISH with QoS 1, as the standard has it."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00\x01" + payload
    size, length = len(body), b""
    while True:
        size, rest = divmod(size, 128)
        length += bytes([rest | (0x80 if size else 0)])
        if not size:
            return b"\x32" + length + body


PACKETS = st.lists(
    st.one_of(
        st.sampled_from([CONNECT, PING]),
        st.builds(publish, st.text("abc/", min_size=1, max_size=40), st.binary(max_size=20_000)),
    ),
    max_size=6,
)


@given(PACKETS, st.lists(st.integers(1, 30_000), max_size=8))
def test_packets_cut_anywhere_come_out_whole(packets: list[bytes], cuts: list[int]) -> None:
    stream, parser, found = b"".join(packets), Packets(), []
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in pairwise(places):
        found += [packet for packet, _ in parser.feed(stream[start:end])]
    assert found == packets


@pytest.mark.parametrize("size", [0, 100, 200, 20_000])
def test_topic_of_a_publish_is_found_behind_any_length(size: int) -> None:
    ((packet, body),) = Packets().feed(publish("lamppost/1/bench/live/dust1", bytes(size)))
    assert topic_of(packet, body) == "lamppost/1/bench/live/dust1"


def test_topic_of_another_packet_is_none() -> None:
    assert [topic_of(packet, body) for packet, body in Packets().feed(CONNECT + PING)] == [None, None]
