"""What is asked at an address, without a bus."""

from collections.abc import Callable, Mapping

import pytest

from agent.scanning.addresses import ADDRESSES, presence
from agent.scanning.candidates import OnI2c
from agent.scanning.findings import Match
from agent.scanning.inquiry import Answer, inquire
from drivers.identity import Ask, Certainty, I2cIdentity, Touch, register, words
from drivers.model import I2cModel

CRC = bytes.fromhex("be ef 92")
"""A word with Sensirion's checksum, from the data sheet."""


def _candidate(name: str, *, shy: bool = False, certainty: Certainty = Certainty.CERTAIN, **steps: object) -> OnI2c:
    model = I2cModel(name=name, title=name, addresses=(0x40,), create=print, channels=())  # type: ignore[arg-type]  # never made
    identity = I2cIdentity(steps=tuple(steps.values()), by="a test", shy=shy, certainty=certainty)  # type: ignore[arg-type]  # steps
    return OnI2c(model, identity)


BY_ID = _candidate("by-id", id=register(0xD0, 0x60))
BY_COMMAND = _candidate("by-command", serial=words(b"\x36\x82", 1, pause_s=0.001))
SHY = _candidate("shy", shy=True, first=words(b"\x36\x82", 1, pause_s=0.001))


def _asked(
    *candidates: OnI2c, answers: Mapping[bytes, Answer], may: Callable[[Ask, bool], bool]
) -> tuple[tuple[Match, ...], list[bytes]]:
    """Return what was found, and what was sent in order; what is not in `answers` is not acknowledged."""
    inquiry, sent = inquire(0x40, candidates, may), list[bytes]()
    try:
        ask = next(inquiry)
        while True:
            sent.append(ask.send)
            answer = answers.get(ask.send)
            ask = inquiry.send(answer if answer is None else (answer * ask.length)[: ask.length])
    except StopIteration as decided:
        return decided.value, sent


def _careful(ask: Ask, tame: bool) -> bool:  # noqa: FBT001 - as it is called
    return tame or ask.touch < Touch.COMMAND


def test_inquiry_of_an_id_that_fits_is_certain_and_asks_nothing_more() -> None:
    found, sent = _asked(BY_ID, BY_COMMAND, answers={b"\xd0": b"\x60"}, may=_careful)
    assert found == (Match("by-id", Certainty.CERTAIN, "a test"),)
    assert sent == [b"\xd0"]


def test_inquiry_of_the_same_register_for_two_models_asks_once() -> None:
    other = _candidate("other", id=register(0xD0, 0x61))
    found, sent = _asked(other, BY_ID, answers={b"\xd0": b"\x60"}, may=_careful)
    assert ([match.model for match in found], sent) == (["by-id"], [b"\xd0"])


@pytest.mark.parametrize(("plain", "sends"), [(None, True), (CRC, True), (b"\x12", False), (b"\xff", False)])
def test_inquiry_sends_a_command_only_to_what_takes_commands(plain: Answer, sends: bool) -> None:  # noqa: FBT001
    found, sent = _asked(BY_COMMAND, answers={b"": plain, b"\x36\x82": CRC}, may=_careful)
    assert (b"\x36\x82" in sent) is sends
    assert found[0].certainty is (Certainty.CERTAIN if sends else Certainty.POSSIBLE)


def test_inquiry_with_a_likely_model_sends_no_command_for_another() -> None:
    likely = _candidate("likely", certainty=Certainty.LIKELY, id=register(0x01, 0x42))
    found, sent = _asked(likely, BY_COMMAND, answers={b"\x01": b"\x42"}, may=_careful)
    assert ([match.model for match in found], sent) == (["likely"], [b"\x01"])


def test_inquiry_that_may_send_nothing_calls_everything_possible_and_is_silent() -> None:
    found, sent = _asked(BY_ID, answers={}, may=lambda _ask, _tame: False)
    assert ([match.certainty for match in found], sent) == ([Certainty.POSSIBLE], [])


def test_inquiry_of_a_shy_model_takes_silence_for_no_answer_and_of_another_for_a_no() -> None:
    assert _asked(BY_COMMAND, answers={}, may=_careful)[0] == ()
    (match,) = _asked(SHY, answers={}, may=_careful)[0]
    assert match.certainty is Certainty.POSSIBLE


@pytest.mark.parametrize("answer", [b"\x00", b"\xff", b"\xbe\xef\x93"])
def test_inquiry_of_a_word_whose_checksum_fails_or_that_nobody_drove_is_a_no(answer: bytes) -> None:
    assert _asked(SHY, answers={b"\x36\x82": answer}, may=_careful)[0] == ()


def test_presence_writes_nothing_anywhere_and_reads_where_memories_are() -> None:
    assert {presence(address).touch for address in ADDRESSES} == {Touch.NOTHING}
    read = {address for address in ADDRESSES if presence(address).length}
    assert read == {*range(0x30, 0x38), *range(0x50, 0x60)}
    assert (min(ADDRESSES), max(ADDRESSES)) == (0x08, 0x77)
