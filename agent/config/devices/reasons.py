"""Why no sample comes of the example of a serial device: the first thing in it that the file's sections do not allow.

In: a form, what an example says is received. Out: what was expected and what was found, in words, for whoever writes
the file. Never: what a real device sends: that stands in no text.
"""

from dataclasses import dataclass, replace
from typing import Final

from agent.tomlfile import listing, quoted
from drivers.declared.checks import CRCS, NAMES, Check
from drivers.declared.fields import Raw
from drivers.declared.frames import FrameCheck, FrameForm
from drivers.declared.lines import Fields, LineChannel, LineCheck, LineForm
from drivers.declared.scaling import number
from drivers.declared.splitters import Delimited, Json, Patterned
from drivers.declared.streams import SerialForm

_NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Reason:
    """What is not as it should be."""

    expected: str
    found: str
    hint: str | None = None


def reason(form: SerialForm, received: bytes) -> Reason | None:
    """Return why these bytes give no sample, None where nothing is seen."""
    if isinstance(form.message, FrameForm):
        return _of_frame(form.message, received)
    return None if form.fields is None else _of_lines(form.message, form.fields, received)


def _of_frame(form: FrameForm, received: bytes) -> Reason | None:
    at = received.find(form.header)
    if at < 0:
        return Reason(f"a frame that begins with {_hex(form.header)}", _hex(received) or _NOTHING)
    length = form.length_of(received[at:])
    if length == 0:
        bounds = f"{form.shortest} to {form.longest}"
        return Reason(f"a number in it that says {bounds} bytes, with what is added to it", "another length")
    frame = received[at:][:length]
    if length is None or len(frame) < length:
        return Reason(f"{length or form.shortest} bytes from the header on", f"{len(frame)} bytes")
    if not frame.endswith(form.footer):
        return Reason(f"{_hex(form.footer)} at its end", _hex(frame[-len(form.footer) :]))
    if form.check is not None and not form.check.holds(frame):
        return _of_sum(form.check, frame)
    for needed in form.requirements:
        if not needed.holds(frame):
            allowed = " or ".join(map(str, needed.allowed))
            expected = f"{allowed} at {needed.field.at}, as require says"
            return Reason(expected, f"{_number(needed.field.read(frame))}: {needed.otherwise}")
    return None


def _of_sum(check: FrameCheck, frame: bytes) -> Reason:
    at = check.at if check.at >= 0 else len(frame) + check.at
    right = check.check.of(frame[check.first : at]).to_bytes(
        check.check.length, "little" if check.low_first else "big"
    )
    found = _hex(frame[at : at + check.check.length])
    return Reason(f"{_hex(right)}, the {check.check.name} of what is before", found, _other_sum(check, frame))


def _other_sum(check: FrameCheck, frame: bytes) -> str | None:
    """Return which checksums would hold at the same end of the frame."""
    tail = check.at + check.check.length if check.at < 0 else None
    fitting = []
    for name in NAMES:
        other = Check(name=name, crc=CRCS.get(name))
        at = check.at if tail is None else tail - other.length
        if any(replace(check, check=other, at=at, low_first=low).holds(frame) for low in (False, True)):
            fitting.append(quoted(name))
    return f"this would hold: kind = {' or '.join(fitting)}" if fitting else None


def _of_lines(form: LineForm, fields: Delimited | Patterned | Json, received: bytes) -> Reason | None:
    *lines, rest = received.split(form.end)
    if not lines:
        return Reason(f"{_text(form.end)} at the line's end", f"{_text(rest)}, without")
    wanted = [line for each in lines if (line := each.strip(b"\r\n")) and line.startswith(form.begins)]
    if not wanted:
        return Reason(f"a line that begins with {_text(form.begins)}", _text(lines[0]))
    line = wanted[0]
    if len(line) > form.longest:
        return Reason(f"at most {form.longest} bytes in a line", f"{len(line)} bytes")
    text = line if form.check is None else form.check.covered(line)
    if text is None:
        return _of_digits(form.check, line)
    found = fields.splitter()(text)
    return _of_split(fields, text) if found is None else _of_fields(form, found)


def _of_digits(check: LineCheck | None, line: bytes) -> Reason:
    name = "" if check is None else check.check.name
    before = b"" if check is None else check.before
    return Reason(f"a checksum of kind {quoted(name)} in hexadecimal digits behind {_text(before)}", _text(line))


def _of_split(fields: Delimited | Patterned | Json, text: bytes) -> Reason:
    match fields:
        case Delimited():
            between = "spaces" if fields.separator is None else _text(fields.separator)
            parts = len(text.split(fields.separator))
            return Reason(f"{fields.count} fields with {between} between them", f"{parts} in {_text(text)}")
        case Patterned():
            return Reason("a line that is, as a whole, as the pattern says", _text(text))
        case Json():
            return Reason("an object of JSON", _text(text))


def _of_fields(form: LineForm, fields: Fields) -> Reason | None:
    for key, allowed in form.requirements:
        held = fields.get(key)
        if held not in allowed:
            expected = f"field {quoted(key)} to be {' or '.join(map(_text, allowed))}, as require says"
            return Reason(expected, _NOTHING if held is None else _text(held))
    if all(fields.get(channel.key) is None for channel in form.channels):
        known = listing(quoted(key) for key, held in fields.items() if held is not None)
        return Reason("at least one field that belongs to a channel", f"the fields {known}")
    return next(filter(None, (_of_field(channel, fields) for channel in form.channels)), None)


def _of_field(channel: LineChannel, fields: Fields) -> Reason | None:
    text = (fields.get(channel.key) or b"").strip()
    known = {*(word for word, _ in channel.words), *channel.unavailable, b""}
    if channel.scaling is None or text in known or number(text) is not None:
        return None
    expected = f"a number in field {quoted(channel.key)}, for channel {quoted(channel.name)}"
    return Reason(expected, _text(text), "a word can be given a number by words, or stand in not_available")


def _number(raw: Raw) -> str:
    return str(raw) if isinstance(raw, int) else "no whole number"


def _hex(data: bytes) -> str:
    return data.hex(" ").upper()


def _text(data: bytes) -> str:
    return quoted(data.decode("latin-1"))
