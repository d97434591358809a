"""`lamppost explain FILE`: what each stream samples, what is dropped and why, what leaves, in plain words.

`--live` reads every sensor once beside it and publishes nothing, under the rules of `lamppost once`. `--html` writes
the notice for the pole. Exit codes: 0 done; 1 it did not work, or with `--live` a sensor or stream did not; 2 the
command line is wrong.
"""

import argparse
import asyncio
import os
from pathlib import Path

from agent import assembly, keys
from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.config import Settings, load
from agent.errors import KeyFileError, LamppostError
from agent.process import keep_memory_private
from agent.wire import keyfile
from agent.wire.keytext import KEY_TEXT


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument("--live", action="store_true", help="read every sensor once beside it; publish nothing")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write the notice for the pole, one page to print")
    parser.add_argument(
        "--public", metavar="KEY", help="the unit's public key, for --html away from the unit; default: its own key"
    )
    parser.epilog = "Stop the running agent before --live: a serial line can be opened by one process only."


def run(options: argparse.Namespace) -> int:
    """Print the explanation, or write the notice."""
    settings = load(options.file)
    if options.html is not None:
        print(_notice(settings, out=options.html, public=options.public))
        if not options.live:
            return OK
    return _explain(settings, live=options.live)


def _explain(settings: Settings, *, live: bool) -> int:
    from agent.cli import explain_facts, explain_page  # noqa: PLC0415 - rich is slow to import
    from agent.planning.traffic import traffic  # noqa: PLC0415 - the notice does without

    now = None
    if live:
        from agent.cli import explain_live  # noqa: PLC0415 - drivers are needed for this only

        keep_memory_private()
        clock, _ = assembly.make_clock(settings)
        now = asyncio.run(explain_live.look(settings, clock))
    explain_page.render(
        settings,
        explain_facts.stories(settings),
        month=traffic(settings),
        now=now,
    )
    return FAILED if now is not None and now.trouble else OK


def _notice(settings: Settings, *, out: Path, public: str | None) -> str:
    """Write the notice and return the sentence that says so."""
    from agent.cli import explain_html  # noqa: PLC0415 - the notice only needs it

    notice = explain_html.notice(settings, thumbprint=_thumbprint(settings, public))
    try:
        out.write_text(notice.html, encoding="utf-8")
    except OSError as error:
        raise LamppostError(f"{out}: cannot be written: {error.strerror}. Name another file") from error
    return f"Wrote {out}: the notice of unit {settings.unit.id}, declaration {notice.declaration.hex()[:16]}."


def _thumbprint(settings: Settings, public: str | None) -> bytes:
    """Return the thumbprint of the unit's key.

    Raises:
        KeyFileError: the key cannot be read here.
    """
    if public is not None:
        return keyfile.load_public(public if KEY_TEXT.match(public) else Path(public)).thumbprint
    try:
        return keys.load(settings.unit.key, os.environ).thumbprint
    except KeyFileError as error:
        raise KeyFileError(
            f"{error}. The notice names the unit's key; away from the unit give its public half: --public unit.pub"
        ) from error
