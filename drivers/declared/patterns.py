r"""Regular expressions that cannot run away: their grammar. `programs` makes steps of them, `matching` runs those.

In: the text of a pattern. Out: a tree, or `BadPattern` with the place of the mistake. Never: Python's `re`, which
goes back and tries again: a line that somebody sends can then keep it busy for longer than the unit lives.

What there is: characters, ``.`` and classes ``[a-z]``; ``\d \s \w`` and their opposites; ``\t \r \n \xHH``; groups
``( )``, ``(?: )``, ``(?P<name> )``; ``|``; and ``* + ? {m} {m,} {m,n}``, each greedy, or lazy with a ``?`` behind it.
A pattern stands for the whole line: ``^`` at its beginning and ``$`` at its end say nothing more. What there is not:
``\b``, back references, looking ahead or behind, flags. Characters are bytes.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

LARGEST_REPEAT: Final = 256
DEEPEST: Final = 20
"""Groups inside groups."""
_HIGHEST: Final = 0xFF
_ALL: Final = (1 << 256) - 1


def _set(characters: str) -> int:
    return sum(1 << ord(character) for character in characters)


_DIGITS: Final = _set("0123456789")
_SPACES: Final = _set(" \t\n\r\f\v")
_WORDS: Final = _set("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CLASSES: Final = {
    "d": _DIGITS,
    "D": _ALL ^ _DIGITS,
    "s": _SPACES,
    "S": _ALL ^ _SPACES,
    "w": _WORDS,
    "W": _ALL ^ _WORDS,
}
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_CONTROLS: Final = {"t": "\t", "r": "\r", "n": "\n", "f": "\f", "v": "\v"}
_NOT_A_NEWLINE: Final = _ALL ^ _set("\n")


class BadPattern(ValueError):
    """The text is no pattern that is known here.

    Attributes:
        at: where in the text, from 0.
    """

    def __init__(self, problem: str, at: int) -> None:
        super().__init__(f"{problem} (character {at + 1})")
        self.at = at


@dataclass(frozen=True, slots=True)
class Bytes:
    """One byte out of a set, of which bit n stands for byte n."""

    mask: int


@dataclass(frozen=True, slots=True)
class Chain:
    """One part behind the other."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways; the first that fits is preferred."""

    ways: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same, several times; without an upper bound where `most` is None."""

    body: "Tree"
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A group whose content is asked for."""

    body: "Tree"
    index: int


Tree = Bytes | Chain | Choice | Repeat | Named


def tree_of(pattern: str) -> tuple[Tree, tuple[str, ...]]:
    """Return the tree of a pattern, and its named groups by index.

    Raises:
        BadPattern: it has something that is not known here.
    """
    reader = _Reader(pattern)
    tree = reader.alternatives(0)
    if reader.at < len(reader.text):
        reader.refuse("a ) without its (")
    return tree, tuple(reader.names)


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix("^")
        self._shift = len(text) - len(self.text)
        bare = self.text.removesuffix("$")
        if bare != self.text and (len(bare) - len(bare.rstrip("\\"))) % 2 == 0:  # a $ that no backslash quotes
            self.text = bare
        self.at = 0
        self.names: list[str] = []

    def refuse(self, problem: str) -> NoReturn:
        raise BadPattern(problem, self.at + self._shift)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        if not character:
            self.refuse("the pattern ends too early")
        if ord(character) > _HIGHEST:
            self.refuse("a character that no single byte stands for")
        self.at += 1
        return character

    def alternatives(self, depth: int) -> Tree:
        if depth > DEEPEST:
            self.refuse(f"groups inside groups, more than {DEEPEST} deep")
        ways = [self.chain(depth)]
        while self.peek() == "|":
            self.at += 1
            ways.append(self.chain(depth))
        return ways[0] if len(ways) == 1 else Choice(tuple(ways))

    def chain(self, depth: int) -> Tree:
        parts: list[Tree] = []
        while self.peek() not in {"", "|", ")"}:
            parts.append(self.repeated(self.one(depth)))
        return Chain(tuple(parts))

    def one(self, depth: int) -> Tree:
        match self.take():
            case "(":
                return self.group(depth)
            case "[":
                return Bytes(self.bracket())
            case ".":
                return Bytes(_NOT_A_NEWLINE)
            case "\\":
                return Bytes(self.escape())
            case "*" | "+" | "?" | "{" as sign:
                self.at -= 1
                self.refuse(f"{sign} with nothing to repeat before it")
            case "^" | "$" as sign:
                self.at -= 1
                self.refuse(f"{sign} in the middle: a pattern stands for the whole line")
            case character:
                return Bytes(1 << ord(character))
        raise AssertionError("every character is one of these")

    def group(self, depth: int) -> Tree:
        opened, name = self.at - 1, None
        if self.peek() == "?":
            name = self.label()
        if name is not None:
            index = len(self.names)
            if name in self.names:
                self.refuse(f"two groups called {name}")
            self.names.append(name)
        body = self.alternatives(depth + 1)
        if self.peek() != ")":
            self.at = opened
            self.refuse("a ( without its )")
        self.at += 1
        return body if name is None else Named(body, index)

    def label(self) -> str | None:
        """Return the name of a group, None for ``(?:``."""
        if self.text.startswith("?:", self.at):
            self.at += 2
            return None
        if not self.text.startswith("?P<", self.at):
            self.refuse("only (?: ) and (?P<name> ) are known here")
        end = self.text.find(">", self.at)
        name = self.text[self.at + 3 : end] if end > 0 else ""
        if not name.isidentifier() or not name.isascii():
            self.refuse("a group's name is letters, digits and _, closed by >")
        self.at = end + 1
        return name

    def escape(self) -> int:
        """Return the set of bytes behind a backslash."""
        character = self.take()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return _set(_CONTROLS[character])
        if character == "x":
            digits = self.take() + self.take()
            if not _HEX_DIGITS.issuperset(digits):
                self.at -= 2
                self.refuse("\\x needs two hexadecimal digits")
            return 1 << int(digits, 16)
        if character.isalnum():
            self.at -= 1
            self.refuse(f"\\{character} is not known here")
        return 1 << ord(character)

    def bracket(self) -> int:
        """Return the set of bytes of a class."""
        opened, mask, first = self.at - 1, 0, True
        inverted = self.peek() == "^"
        self.at += inverted
        while first or self.peek() != "]":
            first = False
            if not self.peek():
                self.at = opened
                self.refuse("a [ without its ]")
            mask |= self.range()
        self.at += 1
        return _ALL ^ mask if inverted else mask

    def range(self) -> int:
        """Return one character of a class, or a range of them."""
        low = self.member()
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in {"]", ""}:
            return low
        self.at += 1
        high = self.member()
        if low.bit_count() != 1 or high.bit_count() != 1 or high < low:
            self.refuse("a range that does not go from a lower to a higher character")
        return (high << 1) - low

    def member(self) -> int:
        character = self.take()
        return self.escape() if character == "\\" else 1 << ord(character)

    def repeated(self, body: Tree) -> Tree:
        sign = self.peek()
        if sign not in {"*", "+", "?", "{"}:
            return body
        self.at += 1
        least, most = self.bounds() if sign == "{" else (int(sign == "+"), 1 if sign == "?" else None)
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() in {"*", "+", "?", "{"}:
            self.refuse("one repetition behind another")
        return Repeat(body, least, most, lazy)

    def bounds(self) -> tuple[int, int | None]:
        """Return least and most of ``{m}``, ``{m,}`` or ``{m,n}``."""
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at : max(end, self.at)].partition(",")
        if end < 0 or not _is_count(low) or not (high == "" or _is_count(high)):
            self.refuse("{ } holds one number, or two with a comma: {2}, {1,3}")
        least, most = int(low), int(high) if high else None if comma else int(low)
        if max(least, most or 0) > LARGEST_REPEAT or (most is not None and most < least):
            self.refuse(f"a repetition goes from a smaller to a larger number, {LARGEST_REPEAT} at most")
        self.at = end + 1
        return least, most


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_REPEAT))
