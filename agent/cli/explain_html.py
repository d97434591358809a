"""The notice for the pole: one page, to print in black and white on A4 or Letter, with a code to scan.

In: settings and the thumbprint of the unit's key. Out: HTML that needs nothing else: no script, font, picture or
address is fetched. Never: text that was not escaped, a measured value.

The code holds what the city needs to find the unit's declaration and to see whether it is this one:
``lamppost:UNIT?declaration=SHA256&key=THUMBPRINT``; or the address of the page that the configuration names.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from agent import declaration
from agent.cli import explain_words as words
from agent.cli.explain_facts import Line, Story, stories, untold
from agent.cli.explain_style import STYLE
from agent.config import Settings, dtpr
from agent.wire import payload
from drivers.reading import Sensitivity

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_SHORT: Final = 16
"""Hexadecimal digits of a hash that people compare: 64 bits."""
_LARGEST_PT, _SMALLEST_PT = 11.0, 6.0
_PAGE: Final = 510
"""Square root of the letters that fit on a page at 1 pt, found by printing: a letter's area is its size squared."""
_FRAME: Final = 90
"""Letters that the frame and the half-filled lines of a card take."""
_TRIED: Final = 12
"""Cards up to this many are put in the best of all ways into two columns."""
_MARKUP: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice.

    Attributes:
        html: the page.
        declaration: SHA-256 of the declaration that it is about.
        code: what the code says.
    """

    html: str
    declaration: bytes
    code: str


def notice(settings: Settings, *, thumbprint: bytes) -> Notice:
    """Return the notice of a unit with these settings and this key, on real sensors."""
    content = declaration.content(settings, thumbprint=thumbprint, simulated=False)
    declared = payload.declaration_hash(payload.content_bytes(content))
    code = settings.unit.notice_url or (
        f"lamppost:{settings.unit.id}?declaration={declared.hex()}&key={thumbprint.hex()}"
    )
    told = stories(settings)
    facts = _element("section", _responsible(settings) + _never(settings, told), css="facts")
    cards = _element("section", "\n".join(_columns([_card(story) for story in told])), css="cards")
    main = _element("main", facts + _element("h2", "What leaves this device") + cards)
    foot = _foot(declared=declared, thumbprint=thumbprint)
    body = f"{_head(settings, code)}\n{main}\n{foot}"
    return Notice(_page(settings, body, size_pt=type_size(main + foot)), declared, code)


def type_size(html: str) -> float:
    """Return the size of type in points at which this much text fills one page, within what can be read."""
    letters = len(_MARKUP.sub("", html))
    return min(_LARGEST_PT, max(_SMALLEST_PT, round(_PAGE / math.sqrt(letters), 1)))


def _page(settings: Settings, body: str, *, size_pt: float) -> str:
    title = _text(f"What the sensors at {settings.unit.site} do")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
        f'</head>\n<body style="font-size: {size_pt}pt">\n{body}\n</body>\n</html>\n'
    )


def _head(settings: Settings, code: str) -> str:
    unit = settings.unit
    caption = "Scan for more" if unit.notice_url else "Scan to identify"
    installed = f" · installed {_text(unit.installed)}" if unit.installed else ""
    words_of_it = [
        _element("p", _text(unit.publisher), css="kicker"),
        _element("h1", "This device measures its surroundings"),
        _element("p", _text(unit.site), css="site"),
        _element("p", f"Unit {_text(unit.id)}{installed}", css="unit"),
        _element("p", "It sends what this page lists, and nothing else.", css="lead"),
    ]
    picture = _element("figure", _code(code) + _element("figcaption", caption))
    return _element("header", _element("div", "".join(words_of_it)) + picture)


def _code(text: str) -> str:
    """Return a QR code (ISO/IEC 18004, error correction M) as a picture inside the page."""
    import segno  # noqa: PLC0415 - the notice only needs it

    drawn = segno.make(text, error="m", micro=False)
    return str(drawn.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None))


def _responsible(settings: Settings) -> str:
    unit = settings.unit
    rows = [
        ("Answers for it", f"{_text(unit.office)}, {_text(unit.publisher)}"),
        ("Ask or complain", f"<b>{_text(unit.contact)}</b>"),
    ]
    if unit.legal_basis:
        rows.append(("Permitted by", _text(unit.legal_basis)))
    sensors = dict.fromkeys(sensor.model.title for sensor in settings.sensors)
    rows.append(("Sensors", _text("; ".join(sensors))))
    if unit.dtpr:
        rows.append(("DTPR", _element("span", _tags(unit.dtpr), css="tags")))
    return f"<div><h2>Who is responsible</h2>{_list(rows)}</div>"


def _never(settings: Settings, told: Sequence[Story]) -> str:
    """Return what the device does not do, each sentence true of this configuration."""
    lines = ["Nothing leaves this device but what is listed below. Nobody can add to that from afar."]
    classes = {line.source.sensitivity for story in told for line in story.lines if line.after}
    if Sensitivity.IDENTIFIER in classes:
        lines.append(
            "Addresses of phones and other devices are counted, and only the count leaves. Each address becomes a "
            "random word in memory, which is forgotten when its time is over; none is ever stored."
        )
    if Sensitivity.LOCATION in classes:
        lines.append("The exact position of the device does not leave it.")
    lines.append("Single samples are never stored: they are summed up in memory, then dropped.")
    lines.append(words.retention(settings.limits.retain_s))
    unused = len(untold(settings))
    if unused:
        lines.append(f"{unused} other readings of these sensors are of no use here; they are dropped at once.")
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<div><h2>What it does not do</h2><ul>{items}</ul></div>"


def _card(story: Story) -> str:
    plan = story.plan
    leaving = "".join(f"<li>{_leaving(line, plan.spec.window_ms)}</li>" for line in story.lines if line.after)
    rows = [("Purpose", f"{plan.text.purpose}."), *words.notes(plan)]
    rows += [("Not measured", f"{text.removeprefix('never ')}.") for text in story.quiet]
    tags = _element("p", f"DTPR {_tags(plan.text.dtpr)}", css="tags") if plan.text.dtpr else ""
    return (
        f"<article><h3>{_text(plan.text.title)}</h3><p>{_text(plan.text.description)}</p><ul>{leaving}</ul>"
        f"{_list((label, _text(text)) for label, text in rows)}{tags}</article>"
    )


def _columns(cards: Sequence[str]) -> list[str]:
    """Return the cards in two columns of about the same height, in the order of the file within each."""
    heights = [len(_MARKUP.sub("", card)) + _FRAME for card in cards]
    ways = range(1 << min(len(cards), _TRIED))
    best = min(ways, key=lambda left: (_taller(heights, left), -(left & 1)))
    columns = ([card for at, card in enumerate(cards) if _is_left(best, at) == side] for side in (True, False))
    return [_element("div", "\n".join(column)) for column in columns]


def _is_left(way: int, at: int) -> bool:
    """Return whether a card is in the left column: the bits of `way` say so again and again."""
    return bool(way >> at % _TRIED & 1)


def _taller(heights: Sequence[int], way: int) -> int:
    """Return the height of the taller column."""
    first = sum(height for at, height in enumerate(heights) if _is_left(way, at))
    return max(first, sum(heights) - first)


def _leaving(line: Line, window_ms: int) -> str:
    told = dict.fromkeys(words.summary(channel, window_ms) for channel in line.after)
    return f"<b>{_text(line.what)}</b>: {_text('; '.join(told))}."


def _foot(*, declared: bytes, thumbprint: bytes) -> str:
    return (
        f"<footer><p>This notice is about the declaration with SHA-256 <code>{_grouped(declared)}</code>…, signed by "
        f"the device with the key <code>{_grouped(thumbprint)}</code>…, software {_text(declaration.software())}."
        f"</p><p>{_text(dtpr.CREDIT)}: {_text(dtpr.LICENCE.removeprefix('https://').rstrip('/'))}</p></footer>"
    )


def _element(name: str, inner: str, *, css: str = "") -> str:
    """Return an element around HTML."""
    return f'<{name} class="{css}">{inner}</{name}>' if css else f"<{name}>{inner}</{name}>"


def _list(rows: Iterable[tuple[str, str]]) -> str:
    """Return labelled rows; the values are HTML."""
    return "<dl>" + "".join(f"<dt>{_text(label)}</dt><dd>{value}</dd>" for label, value in rows) + "</dl>"


def _tags(codes: Iterable[str]) -> str:
    """Return DTPR elements by category: title and code."""
    by_category: dict[str, list[str]] = {}
    for code in codes:
        told = f"<b>{_text(dtpr.TITLES[code])}</b> <code>{_text(code)}</code>"
        by_category.setdefault(_text(dtpr.category(code)), []).append(told)
    return " · ".join(f"{category}: {', '.join(told)}" for category, told in by_category.items())


def _grouped(digest: bytes) -> str:
    digits = digest.hex()[:_SHORT]
    return " ".join(digits[at : at + 4] for at in range(0, _SHORT, 4))


def _text(text: str) -> str:
    """Return text as HTML shows it: nothing in it can be markup."""
    return escape(text, quote=True)
