"""The fuzzers themselves: the same again from the same seed, failures short and kept, exit codes, what never ends."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import __main__ as command
from tests.fuzz import fuzzer, past
from tests.fuzz.fuzzer import Fuzzer, NeverEnds, failure, hunt
from tests.fuzz.mutation import LineMutator, Mutator
from tests.fuzz.seeds import ROOT
from tests.fuzz.streams import consistent
from tests.fuzz.trees import TreeMutator


class NoX(Fuzzer):
    """No input that is given to this parser may have the letter that it trips over."""

    name = "no-x"
    inputs = 10_000

    def make(self, chance: random.Random) -> bytes:
        return bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=12))

    def run(self, data: bytes) -> bool:
        if b"x" in data:
            raise ZeroDivisionError
        return b"a" in data


class Endless(NoX):
    """No input that is given to this parser may keep it busy for ever, which every one of them does."""

    def run(self, data: bytes) -> bool:  # noqa: ARG002 - it looks at nothing
        while True:
            pass


class Watched(NoX):
    """No input that is given to this parser is watched by the time of the day, but by that of the processor."""

    def run(self, data: bytes) -> bool:  # noqa: ARG002 - it looks at nothing
        left_s, _ = signal.getitimer(signal.ITIMER_PROF)
        assert left_s > 0
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
        return True


class Late:
    """A parser that gives an item for each byte, and asks for two."""

    needed = 2
    _pending = b""

    def feed(self, data: bytes) -> list[int]:
        return list(data)


def test_hunt_stops_at_a_failure_and_gives_it_as_short_as_it_gets() -> None:
    found = hunt(NoX(), seed=7, inputs=1000)
    assert found.broken is not None
    assert found.broken.data == b"x"
    assert isinstance(found.broken.error, ZeroDivisionError)
    assert found.inputs < 1000


def test_hunt_with_the_same_seed_tries_the_same_inputs_and_with_another_others() -> None:
    counts = [(found.inputs, found.taken) for found in (hunt(NoX(), seed=seed, inputs=1000) for seed in (7, 7, 8))]
    assert counts[0] == counts[1]
    assert counts[0] != counts[2]


def test_input_that_never_ends_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzer, "LONGEST_S", 0.05)
    assert isinstance(failure(Endless(), b""), NeverEnds)
    found = hunt(Endless(), seed=1, inputs=5)
    assert found.broken is not None
    assert isinstance(found.broken.error, NeverEnds)


def test_input_may_take_so_much_of_the_processor_however_long_it_waits_for_it() -> None:
    assert failure(Watched(), b"") is None
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_failure_is_kept_once_and_found_again_until_it_is_mended(tmp_path: Path) -> None:
    for data in (b"xyz", b"xyz", b"abc"):
        past.keep("no-x", data, folder=tmp_path)
    assert past.names(folder=tmp_path) == {"no-x"}
    assert sorted(file.read_bytes() for file in past.kept("no-x", folder=tmp_path)) == [b"abc", b"xyz"]
    (file,) = past.again(NoX(), folder=tmp_path)
    assert file.read_bytes() == b"xyz"


def test_parser_whose_needed_asks_for_too_much_is_found() -> None:
    with pytest.raises(AssertionError, match="needed asked for 1 bytes more"):
        consistent(Late, b"a", most_kept=0)


@pytest.mark.parametrize(
    "mutate",
    [
        Mutator(seeds=[b"$GPRMC,1", b""], words=[b"*"], longest=20),
        LineMutator(seeds=[b"a = 1\nb = 2\n", b""], words=[b"="]),
        TreeMutator(seeds=[bytes.fromhex("a20001018203f6")]),
    ],
    ids=["bytes", "lines", "trees"],
)
def test_mutator_gives_the_same_from_the_same_chance_and_many_others(
    mutate: Mutator | LineMutator | TreeMutator,
) -> None:
    first, second = ([mutate(chance) for _ in range(300)] for chance in (random.Random(1), random.Random(1)))
    assert first == second
    assert len(set(first)) > 50


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the command have one fuzzer, and a folder of its own."""
    monkeypatch.setattr(command, "FUZZERS", {"no-x": NoX()})
    monkeypatch.setattr(command, "keep", lambda name, data: past.keep(name, data, folder=tmp_path))
    monkeypatch.setattr(command, "again", lambda of: past.again(of, folder=tmp_path))
    monkeypatch.setattr(command, "names", lambda: past.names(folder=tmp_path))
    return tmp_path


def test_command_tells_inputs_seed_and_verdict_and_keeps_what_breaks(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--seed", "7"]) == 1
    (file,) = past.kept("no-x", folder=own)
    told = capsys.readouterr().out
    assert "seed 7" in told
    assert f"BROKEN: ZeroDivisionError()\n  the input: {file}" in told
    assert "fuzz: 1 parsers: BROKEN: no-x" in told


def test_command_replays_what_was_kept_before_anything_else(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past.keep("no-x", b"x", folder=own)
    assert command.main([]) == 1
    assert "breaks it again: ZeroDivisionError()" in capsys.readouterr().out


def test_command_with_invariants_that_hold_returns_zero(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--seed", "7", "--inputs", "1", "no-x"]) == 0
    told = capsys.readouterr().out
    assert f"no-x: {NoX().invariant}\n  1 inputs, seed 7, something found in 0" in told
    assert list(own.iterdir()) == []


def test_command_with_a_name_that_there_is_not_says_which_there_are(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["no-y"]) == 2
    past.keep("renamed", b"x", folder=own)
    assert command.main([]) == 2
    assert "there is no fuzzer renamed; there are: no-x" in capsys.readouterr().out


def test_command_with_several_processes_tells_of_every_fuzzer() -> None:
    command_line = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--jobs",
        "2",
        "--inputs",
        "5",
        "--seed",
        "1",
        "topics",
        "bundle",
    ]
    done = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("5 inputs, seed 1") == 2
    assert done.stdout.endswith("fuzz: 2 parsers: every invariant holds\n")
