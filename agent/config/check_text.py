"""Rules about how a stream describes itself: words, licence, access, codes, observed properties.

In: `[stream.X]` tables. Out: problems, and the URI of what a channel observes. Never: what leaves.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from agent.config.check_unit import check_codes
from agent.privacy.spec import ReleasedChannel
from agent.tomlfile import Table, nearest, quoted
from agent.wire.declared_stream import MAX_KEYWORDS

COUNT_PROPERTY: Final = "http://qudt.org/vocab/quantitykind/Count"
"""What a channel observes whose rule counts, whatever it counts."""
TIME_PROPERTY: Final = "http://qudt.org/vocab/quantitykind/Time"
_PROPERTIES: Final = {
    "count": COUNT_PROPERTY,
    "count_distinct": COUNT_PROPERTY,
    "histogram": COUNT_PROPERTY,
    "dwell": TIME_PROPERTY,
}
_LICENCES: Final = {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "odbl-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
    "pddl-1.0": "https://opendatacommons.org/licenses/pddl/1-0/",
}


def check_text(table: Table) -> None:
    """Report what is wrong with the words of a stream."""
    _check_keywords(table)
    _check_licence(table)
    _check_access(table)
    check_codes(table)


def observed_property(table: Table, channel: ReleasedChannel) -> dict[str, str]:
    """Return the URI of what a channel observes, by its name; nothing when there is none."""
    uri = table.text("property") or _PROPERTIES.get(channel.rule.value, channel.source.property)
    return {channel.name: uri} if uri else {}


def _check_keywords(table: Table) -> None:
    keywords = table.get("keywords", tuple) or ()
    if len(keywords) > MAX_KEYWORDS:
        table.problem(
            "keywords",
            "too-many-keywords",
            "these are too many keywords",
            expected=f"{MAX_KEYWORDS} at most",
            found=str(len(keywords)),
        )


def _check_licence(table: Table) -> None:
    licence = table.text("licence")
    if licence is None:
        return
    parts = urlsplit(licence)
    if parts.scheme in {"https", "http"} and "." in parts.netloc and not re.search(r"\s", licence):
        return
    known = nearest(licence.replace(" ", "-"), _LICENCES)
    table.problem(
        "licence",
        "bad-licence",
        f"{quoted(licence)} is no web address",
        expected="the https:// address of the licence's text",
        found=quoted(licence),
        hint=None if known is None else f'did you mean "{_LICENCES[known]}"?',
    )


def _check_access(table: Table) -> None:
    """Report a stream that is not public and does not say why."""
    access = table.text("access")
    if access in {None, "public"} or "rights" in table.written:
        return
    table.problem(
        "access",
        "missing-rights",
        f"stream {quoted(table.name)} is not public and does not say why",
        expected="rights = a text: why it is not public, and how it can be had all the same",
        found=f"access = {quoted(access)}, without rights",
    )
