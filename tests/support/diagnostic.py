"""Diagnostic notation (RFC 8949 section 8), from the bytes themselves: odd encodings show as what they are."""

import json
import math
import struct

_SIMPLE = {20: "false", 21: "true", 22: "null", 23: "undefined"}
_FLOATS = {25: ("e", "_1"), 26: ("f", "_2"), 27: ("d", "_3")}
_INDEFINITE = 31


def diagnostic(data: bytes, *, embedded: bool = False) -> str | None:
    """Return the notation of the one item in `data`; None if it is cut short, followed by more, or no CBOR.

    Args:
        data: the item.
        embedded: show byte strings that hold one map as ``<<...>>``.
    """
    try:
        text, at = _Writer(data, embedded=embedded).item(0)
    except (IndexError, struct.error, UnicodeDecodeError, ValueError):
        return None
    return text if at == len(data) else None


class _Writer:
    """Walks one buffer."""

    def __init__(self, data: bytes, *, embedded: bool) -> None:
        self._data = data
        self._embedded = embedded

    def item(self, at: int) -> tuple[str, int]:
        """Return the notation of the item at `at`, and where it ends."""
        major, info = self._data[at] >> 5, self._data[at] & 0x1F
        if major == 7:
            return self._simple(info, at + 1)
        if info == _INDEFINITE:
            raise ValueError("indefinite lengths are not shown")
        number, mark, at = self._argument(info, at + 1)
        match major:
            case 0:
                return f"{number}{mark}", at
            case 1:
                return f"{-1 - number}{mark}", at
            case 2 | 3:
                return self._string(major, number, mark, at)
            case 4:
                return self._array(number, mark, at)
            case 5:
                return self._map(number, mark, at)
            case _:
                text, at = self.item(at)
                return f"{number}{mark}({text})", at

    def _argument(self, info: int, at: int) -> tuple[int, str, int]:
        if info < 24:
            return info, "", at
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
        if not width or at + width > len(self._data):
            raise ValueError("cut short")
        number = int.from_bytes(self._data[at : at + width], "big")
        shortest = number >= {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[width]
        return number, "" if shortest else f"_{info - 24}", at + width

    def _string(self, major: int, length: int, mark: str, at: int) -> tuple[str, int]:
        chunk = self._data[at : at + length]
        if len(chunk) != length:
            raise ValueError("cut short")
        if major == 3:
            return json.dumps(chunk.decode(), ensure_ascii=False) + mark, at + length
        inner = diagnostic(chunk) if self._embedded and chunk[:1] >= b"\xa0" else None
        shown = f"<<{inner}>>" if inner and inner.startswith("{") else f"h'{chunk.hex()}'"
        return shown + mark, at + length

    def _array(self, length: int, mark: str, at: int) -> tuple[str, int]:
        texts = []
        for _ in range(length):
            text, at = self.item(at)
            texts.append(text)
        return f"[{mark + ' ' if mark else ''}{', '.join(texts)}]", at

    def _map(self, length: int, mark: str, at: int) -> tuple[str, int]:
        texts = []
        for _ in range(length):
            key, at = self.item(at)
            value, at = self.item(at)
            texts.append(f"{key}: {value}")
        return f"{{{mark + ' ' if mark else ''}{', '.join(texts)}}}", at

    def _simple(self, info: int, at: int) -> tuple[str, int]:
        if info in _FLOATS:
            code, mark = _FLOATS[info]
            width = struct.calcsize(code)
            (number,) = struct.unpack(f">{code}", self._data[at : at + width])
            shown = {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, str(number).replace("nan", "NaN"))
            return shown + mark, at + width
        if info == 24:
            return f"simple({self._data[at]})", at + 1
        if info > 24:
            raise ValueError("not well-formed")
        return _SIMPLE.get(info, f"simple({info})"), at
