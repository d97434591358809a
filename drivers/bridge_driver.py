"""A sensor that a driver of the kernel reads: found by name, read by files.

In: a tree of attributes, options. Out: readings. Never: a file that is written, a device that is remembered by its
number: each sample looks whether the device is still the one that was opened.
"""

from drivers.bridge import BridgeOptions, Files
from drivers.bus.api import AttributeTree
from drivers.errors import BusGone, NotReady
from drivers.reading import Clock, Reading
from drivers.sysfs import Wanted, text


class BridgeDriver:
    """One device."""

    def __init__(self, tree: AttributeTree, clock: Clock, options: BridgeOptions) -> None:
        self._tree = tree
        self._clock = clock
        self._options = options
        self._bridge = options.bridge
        self._folder = ""
        self._files: tuple[Files, ...] = ()

    async def open(self) -> None:
        """Find the device and the files of its channels.

        Raises:
            NoAcknowledge: the kernel has no such device.
            InvalidData: it has several, or the device lacks a channel.
        """
        self._files = ()
        await self._tree.open()
        options, bridge = self._options, self._bridge
        wanted = Wanted(
            chip=bridge.chip,
            folder=bridge.folder,
            prefix=bridge.prefix,
            device=options.device,
            label=options.label,
            parent=options.parent,
        )
        self._folder = await wanted.find(self._tree)
        files = await self._tree.take_up(self._folder)
        labels = await self._labels(files) if any(spec.label for spec in options.specs) else {}
        self._files = tuple(bridge.choose(spec, files, labels) for spec in options.specs)

    async def sample(self) -> Reading:
        """Return all channels, read one right after the other.

        Raises:
            NotReady: `open` has not succeeded.
            BusGone: the device is gone, or another one has its number.
            InvalidData: a file holds no number.
        """
        if not self._files:
            raise NotReady(self._bridge.chip, "not opened")
        names = sorted(frozenset().union(*(files.names for files in self._files)))
        found = await self._tree.read([f"{self._folder}/{name}" for name in ("name", *names)])
        mono_ns = self._clock.mono_ns()
        if text(found[0]) != self._options.device:
            raise BusGone("another device has this number now", bus=f"{self._tree.path}/{self._folder}")
        contents = dict(zip(names, found[1:], strict=True))
        values = {files.spec.name: self._bridge.value(files, contents) for files in self._files}
        return Reading(
            mono_ns=mono_ns,
            values={name: value for name, (value, _) in values.items()},
            raw={name: raw for name, (_, raw) in values.items() if raw is not None},
        )

    async def close(self) -> None:
        """Let the tree go."""
        self._files = ()
        await self._tree.close()

    async def _labels(self, files: list[str]) -> dict[str, str]:
        """Return the labels of the device's channels, by their own part of the file names."""
        named = {own: file for file in files if (own := self._bridge.labelled(file)) is not None}
        found = await self._tree.read([f"{self._folder}/{file}" for file in named.values()])
        return {own: text(content) for own, content in zip(named, found, strict=True)}
