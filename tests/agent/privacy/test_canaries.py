import hashlib
import zlib
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from agent.privacy.canaries import CANARY_BYTES, Flock, canary, held_bytes, written_forms
from agent.privacy.released import Released, release
from agent.quality import Quality
from tests.support.privacy import mac

BIRD = canary(3)


@pytest.fixture
def flock() -> Flock:
    """The third canary and four others."""
    return Flock([canary(number) for number in range(5)])


def row(value: int | None) -> Released:
    return release("s", start_ms=0, step_ms=1, boot_id=None, values=(value,), quality=(Quality.OK,))


def test_canaries_are_different_and_look_like_mac_addresses() -> None:
    birds = {canary(number) for number in range(1000)}
    assert len(birds) == 1000
    assert {len(bird) for bird in birds} == {CANARY_BYTES}


@pytest.mark.parametrize(
    "text",
    [
        BIRD.hex(),
        BIRD.hex(":").upper(),
        BIRD.hex("-"),
        repr(BIRD),
        f"key={hashlib.sha256(BIRD).hexdigest()[:12]}",
        hashlib.md5(BIRD.hex(":").encode(), usedforsecurity=False).hexdigest(),
        hashlib.sha1(BIRD.hex(":").upper().encode(), usedforsecurity=False).hexdigest(),
        hashlib.blake2b(BIRD).hexdigest().upper(),
    ],
)
def test_canary_written_or_hashed_in_a_text_is_seen(flock: Flock, text: str) -> None:
    assert flock.is_seen(rows=[], texts=["before " + text + " after"])


@pytest.mark.parametrize(
    "value",
    [
        int.from_bytes(BIRD, "big"),
        int.from_bytes(BIRD, "little"),
        int.from_bytes(hashlib.sha256(BIRD).digest()[:8], "big"),
    ],
)
def test_canary_released_as_a_number_is_seen(flock: Flock, value: int) -> None:
    assert flock.is_seen(rows=[row(1), row(value)], texts=[])


def test_other_texts_and_numbers_are_no_canaries(flock: Flock) -> None:
    assert not flock.is_seen(rows=[row(17), row(None)], texts=[mac(1).hex(":"), "FilterCounters(readings=34)"])
    assert not flock.is_seen(rows=[row(zlib.crc32(BIRD))], texts=[canary(6).hex()])


@pytest.mark.parametrize(
    "held",
    [*written_forms(BIRD), b"x" + BIRD, hashlib.sha256(BIRD).digest()[:16], hashlib.sha1(BIRD).hexdigest().encode()],
)
def test_canary_held_in_any_form_is_found(flock: Flock, held: bytes) -> None:
    assert flock.is_held({b"something", held})


def test_held_keys_and_pseudonyms_are_no_canaries(flock: Flock) -> None:
    assert not flock.is_held({hashlib.sha256(b"key" + BIRD).digest(), b"", b"abc"})
    assert not flock.is_held(set())


class _Slotted:
    __slots__ = ("absent", "inner")

    def __init__(self, inner: object) -> None:
        self.inner = inner


@pytest.mark.parametrize(
    "owner",
    [
        _Slotted(b"found"),
        SimpleNamespace(a=[{"k": (b"found",)}]),
        {b"found": 1},
        {frozenset({b"found"})},
        [bytearray(b"found"), memoryview(b"found")],
        _Slotted("found"),
    ],
)
def test_held_bytes_are_found_however_deep(owner: object) -> None:
    assert b"found" in held_bytes(owner)


def test_held_bytes_of_an_object_that_holds_itself_come_to_an_end() -> None:
    loop: list[object] = [b"found"]
    loop.append(loop)
    assert held_bytes(loop) == {b"found"}


class _OneSlot:
    __slots__ = "found"  # noqa: PLC0205  Python allows a single name

    def __init__(self, found: object) -> None:
        self.found = found


def test_held_bytes_are_found_in_the_only_slot_of_an_object() -> None:
    assert held_bytes(_OneSlot(b"found")) == {b"found"}


def test_held_bytes_are_not_looked_for_in_classes_and_functions() -> None:
    def noted() -> None: ...

    vars(noted)["note"] = b"found"
    callables: tuple[object, ...] = (_OneSlot, held_bytes, lambda: b"found", noted)
    assert held_bytes(callables) == frozenset()


@pytest.mark.parametrize(
    "wrap", [lambda inner: [inner], lambda inner: {1: inner}, _OneSlot], ids=["list", "dict", "slot"]
)
def test_held_bytes_are_found_down_to_twelve_levels(wrap: Callable[[object], object]) -> None:
    held: object = b"found"
    for _ in range(11):
        held = wrap(held)
    assert held_bytes(held) == {b"found"}
    assert held_bytes(wrap(held)) == frozenset()


class _Counted:
    __slots__ = ("looks",)

    def __init__(self) -> None:
        self.looks = 0

    @property
    def __dict__(self) -> dict[str, object]:  # type: ignore[override]  # to see that it is asked for once
        self.looks += 1
        return {"one way": self, "another": [self, b"found"]}


def test_held_bytes_are_looked_for_once_in_each_object() -> None:
    counted = _Counted()
    assert held_bytes(counted) == {b"found"}
    assert counted.looks == 1


def test_held_text_that_no_encoding_has_is_looked_at_all_the_same() -> None:
    assert held_bytes("\udcff found") == {b"\xed\xb3\xbf found"}


def test_forms_of_an_identifier_are_those_in_which_addresses_are_written() -> None:
    assert written_forms(bytes.fromhex("0a1b2c3d4e5f")) == (
        b"\x0a\x1b\x2c\x3d\x4e\x5f",
        *(b"0a1b2c3d4e5f", b"0a:1b:2c:3d:4e:5f", b"0a-1b-2c-3d-4e-5f", b"0a1b.2c3d.4e5f"),
        *(b"0A1B2C3D4E5F", b"0A:1B:2C:3D:4E:5F", b"0A-1B-2C-3D-4E-5F", b"0A1B.2C3D.4E5F"),
    )


@pytest.mark.parametrize("form", written_forms(BIRD)[1:], ids=lambda form: str(form)[:9])
def test_each_written_form_of_a_canary_is_seen_by_itself(form: bytes) -> None:
    assert Flock([BIRD]).is_seen(rows=[], texts=[form.decode()])


def test_canary_that_is_escaped_as_python_does_is_seen_from_its_first_byte_to_its_last() -> None:
    flock = Flock([b"\x00Plain"])
    assert flock.is_seen(rows=[], texts=["\\x00Plain"])
    assert not flock.is_seen(rows=[], texts=["\\x00Plai", "x00Plain", "00Plain"])


def test_two_texts_or_two_held_strings_make_no_canary_together(flock: Flock) -> None:
    text = BIRD.hex()
    assert not flock.is_seen(rows=[], texts=[text[:5], text[5:]])
    assert not flock.is_held([BIRD[:3], BIRD[3:]])
