"""Syntax errors in the words of the person who typed them.

In: the TOML parser's error. Out: a problem at the place where the mistake was made, which for something that was
opened and never closed is where it was opened, not where the parser gave up.
"""

import re
from typing import Final

import tomli

from agent.tomlfile.problem import Problem
from agent.tomlfile.scan import Unclosed, scan

_WORDS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("Illegal character '\\n'", "the closing quote is missing at the end of this line", None),
    ("Illegal character '\\r'", "this line ends in a way TOML does not know", 'save the file with "LF" line ends'),
    ("Illegal character", "there is a character here that must not stand in a TOML file", "type the line again"),
    ("Expected '=' after a key", "the = after the key is missing", "each line is: key = value"),
    (
        "Expected newline or end of document",
        "something is left over at the end of this line",
        "one key = value a line",
    ),
    ("Expected ']'", "the ] that closes the section's name is missing", "a section looks like this: [sensor.air]"),
    ('Expected "\'"', "the closing quote is missing at the end of this line", None),
    (
        "Found invalid character",
        "there is a character here that must not stand in a TOML file",
        "type the line again",
    ),
    ("Expected ']]'", "the ]] that closes the section's name is missing", None),
    ("Cannot overwrite a value", "this key was already given in the same section", "keep one of the two"),
    ("Duplicate inline table key", "this key was already given in the same { }", "keep one of the two"),
    (
        "Cannot mutate immutable",
        "this adds to a list or { } that is already complete",
        "put it inside those brackets",
    ),
    ("Cannot declare", "this section is there twice", "merge the two, or give one another name"),
    ("Cannot redefine namespace", "this key is already a section", "keep one of the two"),
    ("Invalid initial character for a key part", "there is no key here", "a key is letters, digits, - and _"),
    ("Invalid statement", "this line is neither a [section] nor key = value", "put a # before a comment"),
    ("Invalid date or datetime", "there is no such date or time", None),
    ("Unescaped '\\'", "a \\ inside double quotes needs a second one", "use single quotes, or write \\\\"),
    ("Invalid hex value", "a \\x, \\u or \\U is not followed by its hexadecimal digits", None),
    ("Escaped character is not", "this \\u escape names no character", None),
    ("Unterminated string", "the closing quote is missing", None),
    ('Expected \'"""\'', 'the closing """ is missing', None),
    ("Expected \"'''\"", "the closing ''' is missing", None),
    ("Unclosed array", "the ] that closes a list, or a comma in it, is missing", None),
    ("Unclosed inline table", "the } that closes a table, or a comma in it, is missing", None),
    (
        "Invalid value",
        "there is no value that TOML knows here",
        'text needs quotes: "like this"; true and false do not',
    ),
)

_COMMA: Final = re.compile(r"=\s*([+-]?[0-9]+,[0-9]+)")
_CLOSING: Final = {"list": "]", "table": "}", "text over several lines": "the three quotes"}


def explain(name: str, text: str, error: tomli.TOMLDecodeError) -> Problem:
    """Return the problem behind a parser error."""
    opened = _unclosed(text)
    if opened is not None and opened.offset < error.pos:
        where = f"line {error.lineno}" if error.pos < len(text) else "the end of the file"
        return _problem(
            name,
            text,
            offset=opened.offset,
            message=f"this {opened.what} is opened here and never closed",
            hint=None
            if opened.what == "text"
            else f"add {_CLOSING[opened.what]} (or the missing comma) before {where}",
        )
    message, hint = _words(error.msg)
    comma = _decimal_comma(text, error.pos)
    return _problem(name, text, offset=error.pos, message=message, hint=comma or hint)


def _decimal_comma(text: str, offset: int) -> str | None:
    """Return how a number is written that has a comma for its point on the line of an error, None where none has."""
    start = text.rfind("\n", 0, offset) + 1
    found = _COMMA.search(text[start:].partition("\n")[0])
    return None if found is None else f"is {found[1]} one number? then with a point: {found[1].replace(',', '.')}"


def _words(message: str) -> tuple[str, str | None]:
    for start, words, hint in _WORDS:
        if message.startswith(start):
            return words, hint
    return f"this is no TOML: {message}", None


def _unclosed(text: str) -> Unclosed | None:
    try:
        scan(text)
    except Unclosed as found:
        return found
    except (ValueError, RecursionError):
        return None
    return None


def _problem(name: str, text: str, *, offset: int, message: str, hint: str | None) -> Problem:
    offset = min(offset, len(text))
    start = text.rfind("\n", 0, offset) + 1
    if start == offset == len(text) and start > 0 and not text[start:].strip():
        offset = start - 1
        start = text.rfind("\n", 0, offset) + 1
    source = text[start:].partition("\n")[0]
    return Problem(
        code="syntax",
        file=name,
        line=text.count("\n", 0, offset) + 1,
        column=offset - start + 1,
        message=message,
        hint=hint,
        source=source,
    )
