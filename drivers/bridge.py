"""What a bridge to a class of kernel drivers is: its channels by name, its options, which files a channel has. Pure.

In: what the configuration says, names of files. Out: channels and files. Never: input, output.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers.errors import InvalidData
from drivers.reading import Channel
from drivers.sysfs import Kind, slug

_ACCURACY: Final = "unverified: the chip's own; see its data sheet"


@dataclass(frozen=True, slots=True)
class Spec:
    """One channel that is asked for.

    Attributes:
        name: of our channel.
        kind: name of its type.
        own: its part of the file names, empty when its label is to be looked for.
        label: what it is labelled, empty when it is known by its name.
    """

    name: str
    kind: str
    own: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of one channel; empty where there is none to look at."""

    spec: Spec
    value: str
    scale: str = ""
    offset: str = ""
    fault: str = ""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset({self.value, self.scale, self.offset, self.fault} - {""})


class Bridge(ABC):
    """A class of kernel drivers.

    Attributes:
        chip: the model's name.
        folder: of the class, below the tree's own.
        prefix: how the class numbers its devices.
        kinds: types of channels.
        known: channels of devices whose driver was read.
    """

    chip: ClassVar[str]
    folder: ClassVar[str]
    prefix: ClassVar[str]
    kinds: ClassVar[Mapping[str, Kind]]
    known: ClassVar[Mapping[str, tuple[str, ...]]]

    @abstractmethod
    def named(self, written: str) -> Spec | None:
        """Return the channel that a name stands for, None when it is none.

        Raises:
            ValueError: it must not be bridged.
        """

    @abstractmethod
    def choose(self, spec: Spec, files: Collection[str], labels: Mapping[str, str]) -> Files:
        """Return the files of a channel; `labels` are by the channel's own part of the file names.

        Raises:
            InvalidData: the device has no such channel, or does not say what its numbers mean.
        """

    @abstractmethod
    def value(self, files: Files, contents: Mapping[str, bytes | None]) -> tuple[int | None, int | None]:
        """Return the value of a channel, None where the kernel has none, and the number behind it if it is whole.

        Raises:
            InvalidData: a file holds no number.
        """

    @abstractmethod
    def labelled(self, file: str) -> str | None:
        """Return the own part of a channel whose label is in this file, None when it is another file."""

    def parse(self, written: str) -> Spec:
        """Return the channel that a word of the configuration stands for.

        Raises:
            ValueError: there is no such type, or it must not be bridged.
        """
        name, colon, label = written.partition(":")
        spec = Spec(f"{name}_{slug(label)}", name, label=label) if colon else self.named(name)
        if spec is None or spec.kind not in self.kinds or (colon and not slug(label)):
            raise ValueError(
                f"channels has {written!r}: expected the name of a file without _input or _raw, of one of the types "
                f"{', '.join(self.kinds)}, or a type, a colon and a label"
            )
        return spec

    def own(self, spec: Spec, labels: Mapping[str, str]) -> str:
        """Return the channel's own part of the file names, by its label where it is known by that.

        Raises:
            InvalidData: none or several have that label.
        """
        if not spec.label:
            return spec.own
        of_kind = {own: label for own, label in labels.items() if _kind(own) == spec.kind}
        found = [own for own, label in of_kind.items() if label == spec.label]
        if len(found) == 1:
            return found[0]
        there = ", ".join(repr(label) for label in sorted(of_kind.values())) or "none"
        how = "no" if not found else f"{len(found)} channels of type"
        problem = f"the device has {how} {spec.kind} labelled {spec.label!r}; its labels are: {there}"
        raise InvalidData(self.chip, problem)

    def general(self) -> tuple[Channel, ...]:
        """Return one channel for each type: what a device may have."""
        return tuple(kind.channel(name, detail="", accuracy=_ACCURACY) for name, kind in self.kinds.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeOptions:
    """What a bridged sensor's options may say; a bridge's own class of options explains them.

    Attributes:
        device: the device's name.
        channels: its channels.
        label: the device's label.
        parent: what it is attached to.
    """

    bridge: ClassVar[Bridge]

    device: str
    channels: tuple[str, ...] = ()
    label: str = ""
    parent: str = ""

    def __post_init__(self) -> None:
        """Refuse what no device could have.

        Raises:
            ValueError: naming the option.
        """
        if not self.device:
            raise ValueError("device must be the name of a device; found none")
        if not self.wanted:
            known = ", ".join(sorted(self.bridge.known))
            raise ValueError(f"channels of {self.device!r} are not known here, only those of {known}: list them")
        names = [spec.name for spec in self.specs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"channels has {twice[0]!r} twice")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The channels of a sensor with these options, as written."""
        return self.channels or self.bridge.known.get(self.device, ())

    @property
    def specs(self) -> tuple[Spec, ...]:
        """The channels of a sensor with these options."""
        return tuple(map(self.bridge.parse, self.wanted))


def _kind(own: str) -> str:
    """Return the type that a channel's part of the file names begins with: ``angl`` is not that of ``anglvel_x``."""
    return own[: next((at for at, sign in enumerate(own) if not sign.isalpha()), len(own))]


def channels_of(options: BridgeOptions) -> tuple[Channel, ...]:
    """Return the channels of a sensor with these options."""
    return tuple(
        options.bridge.kinds[spec.kind].channel(
            spec.name, detail=spec.label or spec.name.removeprefix(spec.kind).strip("_"), accuracy=_ACCURACY
        )
        for spec in options.specs
    )
