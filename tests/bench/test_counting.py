"""The bench counts on its own parser: it must find every packet, however the bytes come."""

import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.uplink import kernel
from tests.bench.counting import CountingProxy, Packets, payload_bytes_of, topic_of
from tests.support.process import until

CONNECT = bytes([0x10, 2]) + b"ab"
PING = bytes([0xC0, 0])
PATIENCE_S = 20.0
HEADER = 52
"""IPv4, TCP and its time stamps."""
SEGMENTS = 5
"""The least: two SYNs and an acknowledgement, and one of data either way."""


def publish(topic: str, payload: bytes) -> bytes:
    """A PUBLISH with QoS 1, as the standard has it; in MQTT 5 the payload begins with properties."""
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


@pytest.mark.parametrize("properties", [b"", b"\x23\x00\x01"], ids=["none", "topic-alias"])
@pytest.mark.parametrize("size", [0, 100, 20_000])
def test_payload_of_a_publish_is_what_follows_its_properties(size: int, properties: bytes) -> None:
    body = bytes([len(properties)]) + properties + bytes(size)
    ((packet, at),) = Packets().feed(publish("lamppost/1/bench/live/dust1", body))
    assert payload_bytes_of(packet, at) == size


def test_topic_of_another_packet_is_none() -> None:
    assert [topic_of(packet, body) for packet, body in Packets().feed(CONNECT + PING)] == [None, None]


@pytest.fixture(name="broker")
def _broker() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.settimeout(PATIENCE_S)
        yield broker


async def test_wire_bytes_are_those_of_the_agents_own_end_and_unknown_after_it_ended(broker: socket.socket) -> None:
    proxy = CountingProxy(broker.getsockname()[1], cpu_s=lambda: 0.0)
    proxy.listen()
    assert proxy.wire_bytes() == 0
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE_S) as agent, broker.accept()[0] as far:
        agent.sendall(CONNECT)
        assert far.recv(100) == CONNECT
        far.sendall(PING)
        assert agent.recv(100) == PING
        await until(lambda: proxy.wire_bytes() == kernel.wire_bytes(agent), what="the last acknowledgement")
        assert proxy.sent_bytes == len(CONNECT)
        assert (proxy.wire_bytes() or 0) > SEGMENTS * HEADER + len(CONNECT) + len(PING)
        proxy.vanish()
        await until(lambda: proxy.wire_bytes() is None, what="the end")
