"""What is said of each stream before it may release, from its configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import load
from agent.privacy.distinct import Distinct
from agent.selftest import findings
from tests.support.agent_process import FOOTFALL, WEATHER, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit that counts people and measures the weather."""
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL))
    yield site
    site.adapter.close()


def test_streams_whose_filters_keep_their_rules_pass(site: Site) -> None:
    assert findings(load(site.config)) == {"weather": "", "footfall": ""}


def test_stream_whose_filter_miscounts_is_named_with_the_reason(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Distinct, "add", lambda _self, _identifier: None)
    found = findings(load(site.config))
    assert found["weather"] == ""
    assert found["footfall"]
