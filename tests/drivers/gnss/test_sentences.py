"""The sentence parser, whole, byte by byte, cut anyhow, in noise; counts are taken from the files by other means."""

import random
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.gnss.decode import WANTED
from drivers.gnss.sentences import LONGEST, SentenceParser
from tests.support.serial_sensors import GNSS_LOGS, capture, feed_cut, feed_each

SENTENCE = b"$GPGLL,4916.45,N,12311.12,W,225444,A*31"
BODY = SENTENCE[1:-3]


def make(body: bytes) -> bytes:
    checksum = 0
    for byte in body:
        checksum ^= byte
    return b"$" + body + b"*%02X" % checksum


def count_by_hand(data: bytes) -> list[bytes]:
    """Return the bodies of all valid sentences of a log, line by line and character by character."""
    bodies: list[bytes] = []
    for line in re.split(rb"[\r\n]", data):
        start, star = line.rfind(b"$"), line.rfind(b"*")
        if start >= 0 and star == len(line) - 3 and make(line[start + 1 : star]) == line[start:]:
            bodies.append(line[start + 1 : star])
    return bodies


@pytest.mark.parametrize(
    ("name", "expected"), list(zip(GNSS_LOGS, (1008, 90, 28), strict=True)), ids=["ublox", "sirf", "trimble"]
)
def test_parser_fed_a_log_whole_and_byte_by_byte_returns_its_valid_sentences_and_no_other(
    name: str, expected: int
) -> None:
    data, whole, bytewise = capture(name), SentenceParser(), SentenceParser()
    wanted = count_by_hand(data)

    assert len(wanted) == expected
    assert whole.feed(data) == wanted
    assert feed_each(bytewise, data) == wanted
    assert (whole.bad_checksums, whole.noise_bytes) == (bytewise.bad_checksums, bytewise.noise_bytes)
    assert whole.bad_checksums == 0


def with_noise(lines: Iterable[bytes], *, seed: int, alphabet: bytes) -> bytes:
    """Return the lines with up to 200 bytes of noise before and after each."""
    source = random.Random(seed)
    noise = [bytes(source.choices(alphabet, k=source.randint(0, 200))) for _ in lines]
    return b"".join(before + line for before, line in zip(noise, lines, strict=True))


NO_DOLLAR = bytes(byte for byte in range(256) if byte != ord("$"))
DOLLARS = b"$" * 40 + b"GPRMC,*0\r\n" + bytes(range(0x80, 0xA0))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", GNSS_LOGS)
def test_parser_with_noise_between_sentences_returns_its_valid_sentences_and_no_other(name: str, seed: int) -> None:
    data = capture(name)
    noisy = with_noise(data.splitlines(keepends=True), seed=seed, alphabet=NO_DOLLAR)

    assert SentenceParser().feed(noisy) == count_by_hand(data)
    assert feed_cut(SentenceParser(), noisy, range(0, len(noisy), 17)) == count_by_hand(data)


@pytest.mark.parametrize("seed", range(5))
def test_parser_with_noise_full_of_dollars_loses_no_sentence(seed: int) -> None:
    # Noise with a $ may by accident be a whole sentence, so only the other direction is asserted here.
    data = capture("gnss-bu353s4.log")
    noisy = with_noise(data.splitlines(keepends=True), seed=seed, alphabet=DOLLARS)
    found = iter(SentenceParser().feed(noisy))

    assert all(body in found for body in count_by_hand(data))  # all of them, in order


def test_parser_fed_byte_by_byte_returns_nothing_until_the_last_digit() -> None:
    parser = SentenceParser()

    for index in range(len(SENTENCE) - 1):
        assert parser.feed(SENTENCE[index : index + 1]) == []
    assert parser.feed(SENTENCE[-1:]) == [BODY]


def test_parser_keeps_what_follows_a_sentence() -> None:
    parser = SentenceParser()

    assert parser.feed(SENTENCE + b"\r\n" + SENTENCE[:20]) == [BODY]
    assert parser.feed(SENTENCE[20:]) == [BODY]
    assert parser.noise_bytes == 0


def test_parser_needs_no_line_end() -> None:
    assert SentenceParser().feed(SENTENCE + SENTENCE + b"\xff\x00" + SENTENCE) == [BODY] * 3


def test_parser_with_a_sentence_cut_short_returns_the_next() -> None:
    parser = SentenceParser()

    assert parser.feed(SENTENCE[:-5] + SENTENCE) == [BODY]
    assert parser.noise_bytes == len(SENTENCE) - 5


def test_parser_with_a_wrong_checksum_rejects_the_sentence() -> None:
    parser = SentenceParser()

    assert parser.feed(SENTENCE[:-1] + b"2\r\n" + SENTENCE) == [BODY]
    assert parser.bad_checksums == 1


def test_parser_takes_small_hexadecimal_digits() -> None:
    body = b"GPGSV,1,1,00,z"
    assert make(body) != make(body).lower()
    assert SentenceParser().feed(make(body)[:-2] + make(body)[-2:].lower()) == [body]


def test_parser_without_a_checksum_returns_nothing() -> None:
    assert SentenceParser().feed(b"$GPGLL,4916.45,N,12311.12,W,225444,A\r\n") == []


@pytest.mark.parametrize("position", range(1, len(SENTENCE) - 3))
def test_parser_with_a_control_character_inside_a_sentence_returns_nothing(position: int) -> None:
    assert SentenceParser().feed(SENTENCE[:position] + b"\x07" + SENTENCE[position + 1 :]) == []


@pytest.mark.parametrize(("length", "found"), [(82, 1), (LONGEST, 1), (LONGEST + 1, 0)])
def test_parser_takes_sentences_up_to_the_longest_and_no_longer(length: int, found: int) -> None:
    sentence = make(b"GPTXT," + b"x" * (length - len("$GPTXT,*hh\r\n"))) + b"\r\n"
    assert len(sentence) == length

    assert len(SentenceParser().feed(sentence)) == found
    assert len(feed_each(SentenceParser(), sentence)) == found


def test_parser_fed_a_megabyte_without_an_end_keeps_none_of_it() -> None:
    parser = SentenceParser()

    assert parser.feed(b"$G" + b"A" * 1_000_000) == []
    assert parser.noise_bytes == 1_000_002
    assert parser.feed(SENTENCE) == [BODY]


def test_parser_that_wants_some_types_skips_the_others_and_proprietary_ones() -> None:
    parser = SentenceParser(WANTED)
    data = b"".join(map(make, (b"GPRMC,1", b"GPGSV,1", b"GLGNS,1", b"PGRMC,1", b"PGRME,1", b"BDGGA,1", b"GPRMCX,1")))

    assert parser.feed(data) == [b"GPRMC,1", b"GLGNS,1", b"BDGGA,1"]
    assert parser.skipped == 4


def test_parser_with_a_wanted_type_whose_letters_noise_has_changed_returns_neither() -> None:
    spoilt = make(b"GPRMC,1").replace(b"RMC", b"RMB") + make(b"GPRMB,1").replace(b"RMB", b"RMC")

    parser = SentenceParser(WANTED)

    assert parser.feed(spoilt) == []
    assert (parser.skipped, parser.bad_checksums) == (1, 1)


printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="$*")
bodies = st.text(printable, max_size=110).map(lambda rest: b"GPXXX," + rest.encode())
noises = st.binary(max_size=60).filter(lambda noise: b"$" not in noise)


@given(st.lists(st.tuples(noises, bodies), max_size=6), noises, st.lists(st.integers(0, 9999), max_size=6))
def test_parser_returns_every_valid_sentence_in_noise_without_dollar_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], tail: bytes, cuts: list[int]
) -> None:
    data = b"".join(noise + make(body) for noise, body in parts) + tail

    assert feed_cut(SentenceParser(), data, cuts) == [body for _, body in parts]


@given(st.lists(st.one_of(st.binary(max_size=40), bodies.map(make), st.just(b"$"), st.just(b"*"))), st.data())
def test_parser_returns_the_same_however_a_stream_is_cut(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, max(1, len(stream))), max_size=8))
    whole, cut = SentenceParser(), SentenceParser()

    assert feed_cut(cut, stream, cuts) == whole.feed(stream)
    assert (cut.bad_checksums, cut.noise_bytes, cut.needed) == (whole.bad_checksums, whole.noise_bytes, whole.needed)
