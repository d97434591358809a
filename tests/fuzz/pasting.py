"""What is printed to be pasted: read by Python's own TOML, judged by the checker, safe for any terminal.

In: text. Out: what it says. Never: a file, a bus.
"""

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from agent.tomlfile import parse
from tests.hil.busfile import _checked

_FOLDER: Final = Path("/etc/lamppost")


def accepted(text: str) -> dict[str, Any]:
    """Return what sections say.

    Raises:
        ValueError: they are no TOML.
        ConfigurationError: the checker finds a mistake in them.
    """
    values = tomllib.loads(text)
    document = parse(text.encode(), name="unit.toml")
    if "sensor" in values:
        _checked(document, folder=_FOLDER)
    return values


def shown(text: str) -> None:
    """Fail unless a terminal can show a text, and nothing in it moves the cursor or colours what follows."""
    assert text.encode().decode() == text, "what no terminal can show"
    assert all(letter.isprintable() or letter in "\n\t" for letter in text), "a control character is shown"


def told(plain: object) -> str:
    """Return plain values as programs get them; fail unless they can be written, and are read again the same."""
    text = json.dumps(plain, ensure_ascii=False)
    assert json.loads(text.encode()) == plain, "for programs it reads otherwise"
    return text
