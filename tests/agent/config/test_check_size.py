import pytest

from agent.config import check_size
from agent.wire import cbor
from tests.support.config_files import edited, errors, outcome

TEMPERATURE = "[stream.weather.channel.temperature]"


def _many_channels(number: int) -> str:
    """Return further channels with long names for the stream of the weather."""
    body = 'from = "air.temperature"\nrule = "mean"\nunit = "Cel"\n'
    return "".join(f"[stream.weather.channel.temperature-{index:050}]\n{body}\n" for index in range(number))


def _with_channels(number: int, *, max_bytes: str) -> str:
    changed = edited((TEMPERATURE, _many_channels(number) + TEMPERATURE))
    assert "[buffer]" in changed
    lines = [line for line in changed.splitlines() if not line.startswith("max_bytes")]
    at = lines.index("[buffer]") + 1
    return "\n".join([*lines[:at], f'max_bytes = "{max_bytes}"', *lines[at:]])


@pytest.mark.parametrize(("channels", "max_bytes"), [(0, "1MB"), (50, "64MB")])
def test_check_of_a_declaration_that_fits_the_buffer_finds_nothing(channels: int, max_bytes: str) -> None:
    assert errors(_with_channels(channels, max_bytes=max_bytes)) == []


def test_check_of_a_declaration_that_would_fill_the_buffer_says_how_large_it_must_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(check_size, "_SHARE", 160)
    text = _with_channels(50, max_bytes="1MB")
    assert errors(text) == [("buffer-too-small", "buffer.max_bytes")]
    (problem,) = outcome(text).report.errors()
    assert "at least" in str(problem.as_dict()["expected"])


def test_check_of_a_declaration_without_a_form_on_the_wire_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cbor, "MAX_PAYLOAD_BYTES", 1000)
    assert [code for code, _ in errors(edited())] == ["declaration-too-large"]
