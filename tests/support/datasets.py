"""Datasets of all kinds, for the tests of what is made from declarations."""

import dataclasses
from typing import Any

import pytest

from agent.wire.declared import DeclarationContent, DeclaredNoise
from receiver.datasets import Dataset
from tests.support.envelopes import START_MS, STEP_MS, content


def entry(told: DeclarationContent | None = None, **changes: Any) -> Dataset:  # noqa: ANN401 - fields of a stream
    """Return the dataset of a declaration's first stream, with the stream changed."""
    told = told or content()
    return Dataset(
        content=told,
        stream=dataclasses.replace(told.streams[0], **changes),
        hash=bytes(32),
        declared_ms=START_MS,
        first_ms=START_MS,
        last_ms=START_MS + STEP_MS,
    )


FULL = dataclasses.replace(
    content(simulated=True),
    location=(4_044_062, -7_999_589, 250),
    installed="2026-05-04",
    legal_basis="Resolution 2026-17",
)
NOISE = DeclaredNoise(epsilon=(1, 2), daily=(12, 1), sensitivity=1)
DATASETS = [
    pytest.param(entry(), id="plain"),
    pytest.param(entry(FULL, noise=NOISE, suppress_below=10), id="full"),
    pytest.param(entry(access="restricted public", rights="Ask the office."), id="restricted"),
    pytest.param(entry(access="non-public"), id="non-public"),
    pytest.param(dataclasses.replace(entry(), first_ms=None, last_ms=None), id="no-rows-yet"),
    pytest.param(entry(keywords=()), id="no-keywords"),
    pytest.param(entry(contact="", licence="public domain"), id="odd-words"),
    pytest.param(entry(rights="x" * 1000), id="long-rights"),
    pytest.param(
        entry(dataclasses.replace(content(), publisher="", office="", contact="", site=""), keywords=("",)),
        id="empty",
    ),
]
