"""What a run of tests under mutation needs of pytest: the same examples every time, and an end to endless loops.

Loaded with ``-p`` by the runner only. Hypothesis draws the same few examples in each run, so that a mutant that is
killed today is killed tomorrow; the ordinary tests draw fresh ones. A test that takes much more processor time than
without a mutant ends the process, which mutmut counts as a timeout.
"""

import json
import os
import signal
import types
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Final

import hypothesis
import pytest

EXAMPLES: Final = 20
_DURATIONS: Final = Path("mutmut-stats.json")
"""Written by mutmut after the run without a mutant, beside the tests."""
_PATIENCE: Final = 5
_ENDLESS: Final = 36
"""The exit code that mutmut calls a timeout."""

hypothesis.settings.register_profile(
    "mutation",
    derandomize=True,
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


def pytest_configure() -> None:
    """Take the profile before a test module is imported."""
    hypothesis.settings.load_profile("mutation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have tests that ask for many examples draw no more than the others."""
    for item in items:
        test = getattr(item, "obj", None)
        asked = getattr(test, "_hypothesis_internal_use_settings", None)
        if asked is not None:
            test._hypothesis_internal_use_settings = hypothesis.settings(asked, max_examples=EXAMPLES)  # type: ignore[union-attr]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Give a test as much processor time as it can need."""
    if not _DURATIONS.exists():
        return (yield)
    signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE * (1 + _durations().get(item.nodeid, 0)))
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@cache
def _durations() -> dict[str, float]:
    durations: dict[str, float] = json.loads(_DURATIONS.read_text())["duration_by_test"]
    return durations


def _end(_signal: int, _frame: types.FrameType | None) -> None:
    os._exit(_ENDLESS)
