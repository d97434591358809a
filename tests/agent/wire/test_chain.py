import pytest

from agent.wire import chain
from agent.wire.chain import Place
from agent.wire.errors import MalformedPayload

_EPOCH, _HASH = bytes(8), bytes(32)


@pytest.mark.parametrize("stream", ["corner-air", "_declaration", "_ack", "_log"])
def test_place_in_a_data_stream_or_a_reserved_one_survives(stream: str) -> None:
    place = Place(_EPOCH, stream, 3, _HASH)
    assert chain.read_place(chain.place_map(place, "gap"), "gap") == place


@pytest.mark.parametrize("stream", ["_", "_other", "_ACK", "_log2"])
def test_place_in_a_stream_that_nothing_is_reserved_for_is_refused(stream: str) -> None:
    with pytest.raises(MalformedPayload, match="reserved"):
        chain.check(Place(_EPOCH, stream, 3, _HASH), "gap")


@pytest.mark.parametrize("stream", sorted(chain.RESERVED))
def test_rows_in_a_reserved_stream_are_refused(stream: str) -> None:
    chain.check_data("corner-air", "gap")
    with pytest.raises(MalformedPayload, match=f"{stream} is reserved"):
        chain.check_data(stream, "gap")


def test_content_of_a_reserved_stream_comes_back_with_its_place() -> None:
    place = Place(_EPOCH, "_ack", 0, None)
    layout = chain.reserved_map(place, "_ack", "ack") | {chain.CONTENT: "told"}
    assert chain.read_reserved(layout, "_ack", "ack") == (place, "told")
    with pytest.raises(MalformedPayload, match="expected _log"):
        chain.read_reserved(layout, "_log", "log")
    with pytest.raises(MalformedPayload, match="expected _log"):
        chain.reserved_map(place, "_log", "log")
