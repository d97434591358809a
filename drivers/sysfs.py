"""What bridges to the kernel's drivers share: which device is meant, and numbers as the kernel writes them.

In: a tree of attributes, what the configuration says of a device. Out: the device's folder; exact numbers.
Never: a device taken by its number, which changes from start to start; a float.
"""

import re
from dataclasses import KW_ONLY, dataclass
from typing import Final

from drivers.bus.api import AttributeTree
from drivers.decoding import rounded
from drivers.errors import InvalidData, NoAcknowledge
from drivers.reading import Channel

_NUMBER: Final = re.compile(r"(-?)([0-9]{1,20})(?:\.([0-9]{1,20}))?")
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_QUDT: Final = "http://qudt.org/vocab/quantitykind/"

MILLI: Final = (1, 1000)
MICRO: Final = (1, 10**6)
"""Ratios of the kernel's unit to ours."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the kernel means by one type of channel: a row of a bridge's table.

    Attributes:
        title: what it is, in words.
        unit: SenML unit of our values.
        exponent: of our values.
        within: smallest and largest plausible value, in units of ``10 ** exponent``.
        ratio: the kernel's unit in ours, as numerator and denominator: `MILLI` for milli-degrees.
        quantity: name of the observed property among QUDT's kinds of quantities, empty where it has none.
    """

    title: str
    unit: str
    _: KW_ONLY
    exponent: int
    within: tuple[int, int]
    ratio: tuple[int, int] = (1, 1)
    quantity: str = ""

    def channel(self, name: str, *, detail: str, accuracy: str) -> Channel:
        """Return a channel of this kind; `detail` tells it from others of its kind."""
        minimum, maximum = self.within
        return Channel(
            name=name,
            title=f"{self.title} ({detail})" if detail else self.title,
            unit=self.unit,
            exponent=self.exponent,
            minimum=minimum,
            maximum=maximum,
            accuracy=accuracy,
            property=f"{_QUDT}{self.quantity}" if self.quantity else "",
        )

    def value(self, number: "Fixed") -> int:
        """Return a number in the kernel's unit as an integer in units of ``10 ** exponent`` of ours."""
        shift = number.exponent - self.exponent
        numerator, denominator = self.ratio
        scaled = number.mantissa * numerator * 10 ** max(0, shift)
        return rounded(scaled, denominator * 10 ** max(0, -shift))


@dataclass(frozen=True, slots=True)
class Fixed:
    """An exact decimal number: ``mantissa * 10 ** exponent``."""

    mantissa: int
    exponent: int = 0

    def plus(self, other: "Fixed") -> "Fixed":
        """Return the sum."""
        exponent = min(self.exponent, other.exponent)
        parts = (number.mantissa * 10 ** (number.exponent - exponent) for number in (self, other))
        return Fixed(sum(parts), exponent)

    def times(self, other: "Fixed") -> "Fixed":
        """Return the product."""
        return Fixed(self.mantissa * other.mantissa, self.exponent + other.exponent)


def fixed(chip: str, content: bytes, what: str) -> Fixed:
    """Return the number that an attribute holds.

    Raises:
        InvalidData: it holds something else.
    """
    match = _NUMBER.fullmatch(content.decode("ascii", "replace").strip())
    if match is None:
        raise InvalidData(chip, f"{what} holds no plain number: this kernel's driver is not understood")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    return Fixed(int(f"{sign}{whole}{fraction}"), -len(fraction))


TEMPERATURE: Final = Kind(
    "Temperature", "Cel", exponent=-3, within=(-273_150, 2_500_000), ratio=MILLI, quantity="Temperature"
)
"""In milli-degrees, in every class."""

HUMIDITY: Final = Kind(
    "Relative humidity", "%RH", exponent=-3, within=(0, 100_000), ratio=MILLI, quantity="RelativeHumidity"
)
"""In thousandths of a per cent, in every class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which device of a class is meant.

    Attributes:
        chip: the bridge's name, for errors.
        folder: of the class, below the tree's own.
        prefix: how the class numbers its devices.
        device: what the device's `name` attribute says.
        label: what its `label` attribute says, empty where it does not matter.
        parent: a part of the path of the device, such as ``1-0076``, empty where it does not matter.
    """

    chip: str
    folder: str
    prefix: str
    device: str
    label: str = ""
    parent: str = ""

    async def find(self, tree: AttributeTree) -> str:
        """Return the folder of the device that is meant.

        Raises:
            NoAcknowledge: there is none.
            InvalidData: there are several.
        """
        names: dict[str, str] = {}
        for entry in await tree.entries(self.folder):
            folder = f"{self.folder}/{entry}"
            if entry.startswith(self.prefix) and "name" in (files := await tree.entries(folder)):
                names[folder] = await self._name(tree, folder, labelled="label" in files)
        found = [folder for folder, name in names.items() if name == self.device]
        if self.parent:
            found = [folder for folder in found if self.parent in await tree.place(folder)]
        if not found:
            raise NoAcknowledge(self._missing(sorted(set(names.values()) - {""})), bus=f"{tree.path}/{self.folder}")
        if len(found) > 1:
            raise InvalidData(self.chip, await self._several(tree, found))
        return found[0]

    async def _name(self, tree: AttributeTree, folder: str, *, labelled: bool) -> str:
        """Return the name of a device, empty when its label is another than the one that is meant."""
        name = text((await tree.read([f"{folder}/name"]))[0])
        if self.label and self.label != (text((await tree.read([f"{folder}/label"]))[0]) if labelled else ""):
            return name if name != self.device else ""
        return name

    def _missing(self, others: list[str]) -> str:
        which = "".join(
            f" with {key} {value!r}" for key, value in (("label", self.label), ("parent", self.parent)) if value
        )
        there = f"there are: {', '.join(others)}" if others else "there is none at all"
        return (
            f"the kernel has no {self.chip} device {self.device!r}{which}; {there}. Is its driver loaded, and its "
            "overlay in /boot/firmware/config.txt?"
        )

    async def _several(self, tree: AttributeTree, found: list[str]) -> str:
        places = [await tree.place(folder) for folder in found]
        parents = ", ".join(repr(next(part for part in place[-2::-1] if part != self.prefix)) for place in places)
        return (
            f"the kernel has {len(found)} devices {self.device!r} that fit: say which one with the option parent "
            f"(here one of {parents}) or label"
        )


def text(content: bytes | None) -> str:
    """Return what an attribute says, without the line's end."""
    return (content or b"").decode("utf-8", "replace").strip()


def slug(label: str) -> str:
    """Return a label as a part of a channel's name."""
    return _SLUG.sub("_", label.lower()).strip("_")
