"""Decides what a chip is asked, and what its answers make of it. Pure: whoever drives it does the asking.

In: an address, the models that can have it, what may be written, answers. Out: questions, one at a time; in the end
the models that it may be. Never: input, output, a question that was not allowed, the same question twice.

What is safe depends on who else may be at the address, and that is not known yet. So what writes nothing is asked
first, then what writes one byte, which chips with registers take for a register's number; as soon as a model is
certain nothing more is asked. Two bytes are what Sensirion's sensors take for a command, a chip with registers for a
register's new content, and an MCP4725 at 0x62 for a new voltage at its output. They are sent only to a chip that does
not acknowledge a plain read, or answers it with words that carry Sensirion's checksum: Sensirion's sensors have
nothing to read until they are told something ("SHT3x-DIS", version 6, page 9), chips with registers and converters
do. Whoever wants to be asked may allow it all the same.

Sources: MCP4725, data sheet as quoted in public drivers: two bytes whose first two bits are 0 set the output.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.scanning.candidates import OnI2c
from agent.scanning.findings import Match
from drivers.identity import Ask, Certainty, I2cIdentity, Touch, checksums_hold

Answer = bytes | None
"""What was read; None where somebody did not acknowledge."""
May = Callable[[Ask, bool], bool]
"""Whether a question may be asked; also told whether a plain read has shown that the chip may take commands."""
Inquiry = Generator[Ask, Answer, tuple[Match, ...]]

_PLAIN: Final = Ask(length=3)
_NOT_ASKED: Final = "its address only; it was not asked"
_SILENT: Final = "its address only; it did not answer"


@dataclass(slots=True)
class _Notes:
    """What has been asked at this address."""

    address: int
    may: May
    answers: dict[Ask, Answer]

    def ask(self, ask: Ask) -> Generator[Ask, Answer, Answer]:
        """Return the answer to a question, asked now unless it was asked before."""
        if ask not in self.answers:
            self.answers[ask] = yield ask
        return self.answers[ask]

    def allows(self, ask: Ask) -> Generator[Ask, Answer, bool]:
        """Return whether a question may be asked."""
        if ask in self.answers:
            return True
        tame = False
        if ask.touch is Touch.COMMAND:
            plain = yield from self.ask(_PLAIN)
            tame = plain is None or checksums_hold(plain)
        return self.may(ask, tame)


def inquire(address: int, candidates: Sequence[OnI2c], may: May) -> Inquiry:
    """Yield what to ask at an address, and return the models that may be there, the surest first."""
    notes = _Notes(address, may, {})
    found: list[Match] = []
    for candidate in candidates:
        identity = candidate.identity
        likely = any(match.certainty > Certainty.POSSIBLE for match in found)
        if likely and identity.touch is Touch.COMMAND:
            continue
        match = yield from _consider(candidate.model.name, identity, notes)
        if match is not None:
            found.append(match)
        if match is not None and match.certainty is Certainty.CERTAIN:
            return (match,)
    return tuple(sorted(found, key=lambda each: -each.certainty))


def _consider(model: str, identity: I2cIdentity, notes: _Notes) -> Generator[Ask, Answer, Match | None]:
    """Return what speaks for one model, None where something speaks against it."""
    answers: list[bytes] = []
    for step in identity.steps:
        if not (yield from notes.allows(step.ask)):
            return Match(model, Certainty.POSSIBLE, _NOT_ASKED)
        answer = yield from notes.ask(step.ask)
        if answer is None:
            return _unanswered(model, identity, asked=len(answers))
        if not step.fits(answer, notes.address):
            return None
        answers.append(answer)
    if identity.whole is not None and not identity.whole(answers):
        return None
    return Match(model, identity.certainty, identity.by)


def _unanswered(model: str, identity: I2cIdentity, *, asked: int) -> Match | None:
    if not identity.shy:
        return None
    if asked:
        return Match(model, Certainty.LIKELY, "the checksum of one answer; it is busy measuring")
    return Match(model, Certainty.POSSIBLE, _SILENT)
