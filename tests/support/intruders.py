"""Identifiers that come where none belongs: in broken lines of a scanner, in sentences of a GNSS receiver.

In: a source of randomness. Out: identifiers that nobody has been given before, and the lines and sentences that carry
them, each of which the tripwire must stop and count as the kind of its one intruder. Never: two identifiers that
differ in case or separators only; a shape for which a search would need one more pattern.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.sim.gnss import sentence
from drivers.tripwire import Kind, kind_of
from tests.support.identities import MACS, luhn, plate
from tests.support.needles import ID_BYTES, bare

IMPOSSIBLE_FIX = 8
IMPOSSIBLE_SATELLITES = 77
"""What the sentences that carry intruders say; no other sentence does."""

_DIGITS = "0123456789"
_SMALL = "abcdefghijklmnopqrstuvwxyz"
_MAC_SPELLINGS = ("hyphens", "HYPHENS", "cisco", "procurve", "nothing", "NOTHING")
_PLATE_FORMS = ("GA 99 AA 9999", "GAA-AA 9999", "GA-99999AAA")
_PHONE_FORMS = ("+43{}{}", "+43 {} {}", "+43-{}-{}", "0043{}{}", "0043 {} {}", "+43 ({}) {}", "+43/{}/{}")
_DOMAINS = ("city.example", "mail.test", "a-b.invalid")
_SENTENCES = (
    "GPRMC,{},A,4404.13387,N,12118.85628,W,0.029,,100117,,,S",
    "GPGGA,{},4404.13387,N,12118.85628,W,8,77,1.01,1144.8,M,-21.4,M,,",
    "GPGNS,{},4404.13387,N,12118.85628,W,SS,77,1.01,1144.8,-21.4,,,V",
)
_LINES = (b"%b", b"%b,-60", b"%b,-60,1", b"%b;-60", b"%b\t-60\t1", b"%b|1")


def _pick(chance: random.Random, alphabet: str, count: int) -> str:
    return "".join(chance.choices(alphabet, k=count))


def _write_plate(chance: random.Random) -> str:
    return plate(chance, chance.choice(_PLATE_FORMS))


def _write_phone(chance: random.Random) -> str:
    return chance.choice(_PHONE_FORMS).format(f"6{_pick(chance, _DIGITS, 2)}", _pick(chance, _DIGITS, 9))


def _write_email(chance: random.Random) -> str:
    local = f"{_pick(chance, _SMALL, 4)}{chance.choice('._-+')}{_pick(chance, _SMALL, 4)}{_pick(chance, _DIGITS, 4)}"
    text = f"{local}@{chance.choice(_DOMAINS)}"
    return chance.choice([text, text.capitalize(), text.upper()])


def _write_card(chance: random.Random) -> str:
    digits = luhn(f"4{_pick(chance, _DIGITS, 14)}")
    return chance.choice(["", " ", "-"]).join(digits[at : at + 4] for at in range(0, 16, 4))


_WRITERS: Mapping[Kind, Callable[[random.Random], str]] = {
    Kind.PLATE: _write_plate,
    Kind.PHONE: _write_phone,
    Kind.EMAIL: _write_email,
    Kind.CARD: _write_card,
}
TEXTS = tuple(_WRITERS)
"""Kinds that are text; an address is six bytes."""


@dataclass(frozen=True, slots=True)
class Intruder:
    """An identifier in a place that is not its own.

    Attributes:
        kind: what the tripwire must take it for.
        identifier: what must not be found anywhere: six bytes, or text.
        text: as it is sent.
    """

    kind: Kind
    identifier: bytes
    text: bytes


class Registry:
    """Hands out identifiers, each once, and none of those there are."""

    def __init__(self, chance: random.Random, *, besides: Iterable[bytes] = ()) -> None:
        self._chance = chance
        self._given: set[bytes] = {bytes(6), b"\xff" * 6, *map(_plain, besides)}

    def addresses(self, count: int) -> list[bytes]:
        """Return MAC addresses as six bytes."""
        return [self._fresh(lambda: self._chance.randbytes(6)) for _ in range(count)]

    def texts(self, kind: Kind, count: int) -> list[bytes]:
        """Return identifiers of a kind that is text, each written in one way or another."""
        return [self._fresh(lambda: _WRITERS[kind](self._chance).encode()) for _ in range(count)]

    def intruders(self, each: int) -> list[Intruder]:
        """Return `each` of every kind, mixed."""
        found = [Intruder(kind, text, text) for kind in TEXTS for text in self.texts(kind, each)]
        found += [Intruder(Kind.MAC, address, self._spelt(address)) for address in self.addresses(each)]
        self._chance.shuffle(found)
        return found

    def _spelt(self, address: bytes) -> bytes:
        """Return an address in a spelling that no scanner sends; without a letter only those with separators."""
        text = MACS[self._chance.choice(_MAC_SPELLINGS)](address)
        return (text if kind_of(text) is Kind.MAC else MACS["hyphens"](address)).encode()

    def _fresh(self, make: Callable[[], bytes]) -> bytes:
        while True:
            found = make()
            plain = _plain(found)
            if plain not in self._given:
                self._given.add(plain)
                return found


def _plain(identifier: bytes) -> bytes:
    return identifier if len(identifier) == ID_BYTES else bare(identifier)


def counted(intruders: Sequence[Intruder]) -> Counter[str]:
    """Return what a tripwire must have counted after these."""
    return Counter(str(intruder.kind) for intruder in intruders)


def lines(intruders: Sequence[Intruder], *, chance: random.Random) -> Iterator[bytes]:
    """Yield a broken line of a scanner for each."""
    for intruder in intruders:
        yield chance.choice(_LINES) % intruder.text + b"\n"


def sentences(intruders: Sequence[Intruder], *, chance: random.Random) -> Iterator[bytes]:
    """Yield a sentence for each, with its checksum; the intruder is in any field but the address."""
    for number, intruder in enumerate(intruders):
        body = chance.choice(_SENTENCES).format(f"{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}.00")
        fields = body.split(",")
        fields[chance.randrange(1, len(fields))] = intruder.text.decode()
        yield sentence(",".join(fields))
