"""Configuration files: the unit's, those of declared devices, the receiver's and its registry."""

import random
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from agent.config.check import check
from agent.config.declared import examine_device
from agent.tomlfile import Report, Unusable, parse
from receiver import settings
from receiver.errors import RegistryError
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator
from tests.fuzz.parsers.toml import WORDS, inside
from tests.support import wire
from tests.support.fake_models import CATALOGUE, UNIT

_SLOW: Final = 20_000
"""Inputs of a full hunt: a file takes some milliseconds."""
_NAME: Final = "unit.toml"


def _lines(texts: Sequence[bytes]) -> list[bytes]:
    return [line for text in texts for line in text.splitlines(keepends=True) if line.strip() and line[:1] != b"#"]


class _Files(Fuzzer):
    """Makes files out of files: lines left out, doubled, exchanged, changed."""

    inputs = _SLOW

    def __init__(self, texts: Sequence[bytes]) -> None:
        plain = [b"".join(_lines([text])) for text in texts]
        self._mutate = LineMutator(
            seeds=plain, pool=_lines(texts), words=(*WORDS, b'"', b'"air"', b"-1", b"0", b"[]", b"[0]")
        )

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)


class UnitFile(_Files):
    """The checker never fails: it gives settings, or mistakes, each of them at a line and column of the file."""

    name = "unit-file"

    def __init__(self) -> None:
        super().__init__([UNIT.encode(), *seeds.texts("tests/configs/thirty-mistakes.toml")])

    def run(self, data: bytes) -> bool:
        try:
            document = parse(data, name=_NAME)
        except Unusable as refused:
            inside(refused.problem, data.decode(errors="replace"))
            return False
        outcome = check(document, CATALOGUE, folder=Path("/etc/lamppost"))
        _judge(outcome.report, document.text)
        assert (outcome.settings is None) == bool(outcome.report.errors()), "settings and mistakes"
        return outcome.settings is not None


class DeviceFile(_Files):
    """A device file gives a model whose own examples hold, or mistakes, each at a line and column of the file."""

    name = "device-file"

    def __init__(self) -> None:
        super().__init__(seeds.texts("config/devices/*.toml"))

    def run(self, data: bytes) -> bool:
        try:
            document = parse(data, name=_NAME)
        except Unusable as refused:
            inside(refused.problem, data.decode(errors="replace"))
            return False
        report, model = examine_device(document, name="device")
        _judge(report, document.text)
        assert (model is None) == bool(report.errors()), "a model and mistakes"
        return model is not None


class ReceiverFile(_Files):
    """A receiver's file or registry gives settings, or a `RegistryError` that names the file."""

    name = "receiver-file"

    def __init__(self) -> None:
        registry = "".join(
            f'[unit.{name}]\nkey = "{key.public.line}"\nalg = "Ed25519"\nvalid_from = 2026-01-01T00:00:00Z\n'
            for name, key in (("corner", wire.UNIT_KEY), ("other", wire.OTHER_KEY))
        )
        super().__init__([*seeds.texts("config/receiver.toml"), registry.encode()])

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="lamppost-fuzz-")

    def run(self, data: bytes) -> bool:
        file, taken = Path(self._folder.name, _NAME), False
        file.write_bytes(data)
        for load in (settings.load, settings.load_broker, settings.load_registry):
            try:
                taken |= bool(load(file))
            except RegistryError as error:
                assert str(error), "refused without a word"  # noqa: PT017 - either outcome is right
        return taken


def _judge(report: Report, text: str) -> None:
    for problem in report.problems:
        inside(problem, text)
        assert problem.file == _NAME, "a mistake in another file"
    assert report.text().count("\n\n") == max(0, len(report.problems) - 1), "a mistake that is not told"


FUZZERS: tuple[Fuzzer, ...] = (UnitFile(), DeviceFile(), ReceiverFile())
