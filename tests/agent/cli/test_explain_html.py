"""The notice for the pole: its words, and how a browser prints it."""

import re
import struct
import subprocess
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import segno

from agent import declaration
from agent.cli.explain_html import Notice, notice, type_size
from agent.config import Settings, dtpr, load
from agent.wire import payload
from tests.conftest import component_path
from tests.support.config_files import edited, resolved

ROOT = Path(__file__).resolve().parents[3]
THUMBPRINT = bytes(range(32))
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Reader(HTMLParser):
    """Text of a page, and its elements; refuses what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts += [data] if "style" not in self.open else []


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def words(made: Notice) -> str:
    return " ".join("".join(read(made.html).texts).split())


@pytest.fixture(scope="module")
def delivered() -> Notice:
    return notice(load(ROOT / "config/unit.toml"), thumbprint=THUMBPRINT)


@pytest.fixture
def settings() -> Settings:
    return resolved(edited(('notice_url = "https://city.example/poles/corner"\n', "")))


def test_notice_says_who_is_responsible_and_whom_to_ask(delivered: Notice) -> None:
    told = words(delivered)
    for word in (
        "5th Avenue at Main Street, north-east pole",
        "City of Example",
        "Office of Air Quality",
        "air@city.example",
        "Administrative Code of Example, section 23-502",
        "installed 2026-04-15",
    ):
        assert word in told


def test_notice_says_of_each_stream_what_leaves_when_and_who_may_have_it(delivered: Notice) -> None:
    told = words(delivered)
    for word in (
        "Weather at the kerb",
        "Air temperature: the average of every minute, in steps of 0.1 °C",
        "One row for every minute, sent every 10 minutes",
        "Heat planning",
        "Everybody. CC0 1.0, public domain.",
        "Not published. Tells when a unit was moved",
        "Fewer than 10 are not told",
        "epsilon 1/2 a row, 48 a day",
        "from 23:00 to 05:00 (America/New_York).",
        "deletes what it sent as soon as the city has confirmed",
    ):
        assert word in told


def test_notice_says_what_does_not_leave_as_far_as_it_is_true_of_this_unit(
    delivered: Notice, settings: Settings
) -> None:
    assert "Addresses of phones and other devices are counted, and only the count leaves" in words(delivered)
    weather = replace(settings, streams=tuple(plan for plan in settings.streams if plan.name == "weather"))
    told = words(notice(weather, thumbprint=THUMBPRINT))
    assert "phones" not in told
    assert "exact position" not in told
    assert "Nothing leaves this device but what is listed below" in told


def test_notice_names_dtpr_elements_with_codes_and_credits_them(delivered: Notice) -> None:
    told = words(delivered)
    assert "Purpose: Ecology purpose__ecology, Health purpose__health" in told
    assert "Processing: Aggregated process__aggregated" in told
    assert dtpr.CREDIT in told
    assert "creativecommons.org/licenses/by/4.0" in told


def test_notice_names_the_declaration_that_a_unit_with_this_file_makes(settings: Settings) -> None:
    made = notice(settings, thumbprint=THUMBPRINT)
    content = declaration.content(settings, thumbprint=THUMBPRINT, simulated=False)
    digest = payload.declaration_hash(payload.content_bytes(content))
    assert made.declaration == digest
    digits = digest.hex()
    assert f"{digits[:4]} {digits[4:8]} {digits[8:12]} {digits[12:16]}" in words(made)
    assert made.code == f"lamppost:corner?declaration={digits}&key={THUMBPRINT.hex()}"


def test_code_on_the_notice_says_what_it_should_or_opens_the_page_of_the_unit(settings: Settings) -> None:
    for unit in (settings.unit, replace(settings.unit, notice_url="https://city.example/poles/corner")):
        made = notice(replace(settings, unit=unit), thumbprint=THUMBPRINT)
        drawn = segno.make(made.code, error="m", micro=False)
        path = next(
            attributes["d"] for tag, attributes in read(made.html).seen if tag == "path" and "stroke" in attributes
        )
        assert path is not None
        assert path in drawn.svg_inline(border=4)
    assert made.code == "https://city.example/poles/corner"
    assert "Scan for more" in words(made)


EVIL = "<script>alert(1)</script> & \"quoted\" 'words'"


def test_notice_escapes_every_word_of_the_configuration(settings: Settings) -> None:
    unit = replace(
        settings.unit,
        site=EVIL,
        publisher=EVIL,
        office=EVIL,
        contact=EVIL,
        legal_basis=EVIL,
        notice_url=EVIL,
    )
    streams = tuple(
        replace(
            plan,
            text=replace(plan.text, title=EVIL, description=EVIL, purpose=EVIL, licence=EVIL, rights=EVIL),
        )
        for plan in settings.streams
    )
    sensors = tuple(replace(plan, model=replace(plan.model, title=EVIL)) for plan in settings.sensors)
    made = notice(replace(settings, unit=unit, streams=streams, sensors=sensors), thumbprint=THUMBPRINT)
    seen = read(made.html).seen
    assert "script" not in {tag for tag, _ in seen}
    assert "<script" not in made.html
    assert words(made).count("<script>alert(1)</script> & \"quoted\" 'words'") >= 5 + 5 * len(streams)
    assert not [name for _, attributes in seen for name in attributes if name.startswith("on")]


def test_notice_fetches_nothing(delivered: Notice) -> None:
    seen = read(delivered.html).seen
    assert not {tag for tag, _ in seen} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    assert not [name for _, attributes in seen for name in attributes if name in {"src", "href", "xlink:href"}]
    style = re.search(r"<style>(.*?)</style>", delivered.html, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    policies = [attributes["content"] for _, attributes in seen if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_type_gets_smaller_with_more_text_within_what_can_be_read() -> None:
    sizes = [type_size("<b>" + "x" * letters + "</b>") for letters in (100, 3000, 5000, 100_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (11.0, 6.0)


# -- as a browser shows and prints it


def browse(tmp_path: Path, *options: str, page: Path) -> None:
    done = subprocess.run(
        [
            component_path("chromium") or "",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path / 'profile'}",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def grey_share(png: bytes) -> tuple[float, float]:
    """Return which parts of a picture's bytes are near black and near white."""
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) in {(8, 2), (8, 6)}
    size = 3 if colour == 2 else 4
    rows = unfiltered(zlib.decompress(data), width=width * size, height=height, size=size)
    levels = b"".join(row[0::size] for row in rows)
    return sum(level < 64 for level in levels) / len(levels), sum(level > 191 for level in levels) / len(levels)


def unfiltered(raw: bytes, *, width: int, height: int, size: int) -> list[bytearray]:
    """Return the rows of a PNG (ISO/IEC 15948, clause 9)."""
    rows: list[bytearray] = []
    above = bytearray(width)
    for number in range(height):
        start = number * (width + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + width])
        for at in range(width):
            left = row[at - size] if at >= size else 0
            corner = above[at - size] if at >= size else 0
            row[at] = (row[at] + predicted(kind, left, above[at], corner)) & 0xFF
        rows.append(row)
        above = row
    return rows


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


@pytest.mark.chromium
def test_notice_in_a_browser_is_a_picture_in_black_and_white(delivered: Notice, tmp_path: Path) -> None:
    page = tmp_path / "notice.html"
    page.write_text(delivered.html)
    browse(tmp_path, "--window-size=794,1123", f"--screenshot={tmp_path / 'notice.png'}", page=page)
    black, white = grey_share((tmp_path / "notice.png").read_bytes())
    assert 0.02 < black < 0.2
    assert white > 0.7


@pytest.mark.chromium
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_notice_of_the_delivered_configuration_is_printed_on_one_page(
    delivered: Notice, tmp_path: Path, paper: str
) -> None:
    page = tmp_path / "notice.html"
    page.write_text(delivered.html.replace("@page { ", f"@page {{ size: {paper}; "))
    browse(tmp_path, f"--print-to-pdf={tmp_path / 'notice.pdf'}", page=page)
    printed = (tmp_path / "notice.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([0-9.]+) ([0-9.]+)\]", printed)
    assert box is not None
    assert (round(float(box[1])), round(float(box[2]))) == {"A4": (595, 842), "Letter": (612, 792)}[paper]
