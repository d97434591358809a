"""What may stand at a key of a unit's configuration file, for all of its tables: names, texts, addresses, times.

In: nothing. Out: annotated types, which the checker and the JSON Schema for editors read. Never: what a key means.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from agent.tomlfile.quantities import Distance, Duration

_NAME = "a name: a lower-case letter, then lower-case letters, digits and -, at most 63 in all"
_CHANNEL = "a name: a lower-case letter, then lower-case letters, digits, - and _, at most 63 in all"
_WEB = r'^https?://[^\s/<>"{}|\\^`]+[^\s<>"{}|\\^`]*$'
_FILE = 'a path (relative ones count from this file), or "credential:NAME" for a systemd credential'

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9-]{0,62}$", extra={"is": _NAME, "code": "bad-name"})]
ChannelName = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", extra={"is": _CHANNEL, "code": "bad-name"})]
Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Mailbox = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        max_length=254,
        extra={"is": 'a mailbox of the office, such as "air@city.example"', "code": "bad-contact"},
    ),
]
Rights = Annotated[str, Meta(min_length=1, max_length=255)]
"""Project Open Data, which DCAT-US 1.1 is, allows 255 characters."""
WebAddress = Annotated[
    str,
    Meta(
        pattern=_WEB,
        max_length=500,
        extra={"is": "a web address that begins with https://", "code": "bad-url"},
    ),
]
Property = Annotated[
    str,
    Meta(
        pattern=_WEB,
        max_length=500,
        extra={
            "is": 'the address of a property, such as "http://qudt.org/vocab/quantitykind/Temperature"',
            "code": "bad-property",
        },
    ),
]
_FRACTION = 'a fraction in quotes or a whole number, above zero, such as "1/2" or 12'
Fraction = (
    Annotated[
        str, Meta(pattern="^[1-9][0-9]{0,8}(/[1-9][0-9]{0,8})?$", extra={"is": _FRACTION, "code": "bad-fraction"})
    ]
    | Annotated[int, Meta(ge=1, le=999_999_999, extra={"is": _FRACTION})]
)
DtprCodes = tuple[
    Annotated[
        str,
        Meta(
            min_length=1, max_length=100, extra={"is": 'a DTPR code, such as "purpose__ecology"', "choices": "dtpr"}
        ),
    ],
    ...,
]
Hours = Annotated[
    str,
    Meta(
        pattern="^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        extra={"is": 'hours of a day, such as "22:00-06:00"', "code": "bad-hours"},
    ),
]
SecretFile = Annotated[str, Meta(min_length=1, extra={"is": _FILE})]
File = Annotated[str, Meta(min_length=1, extra={"is": "a path; relative ones count from this file"})]
Interval = Annotated[Duration, Meta(extra={"minimum": 100, "maximum": 86_400_000})]
Window = Annotated[Duration, Meta(extra={"minimum": 1000, "maximum": 86_400_000})]
Hold = Annotated[Duration, Meta(extra={"maximum": 86_400_000})]
Delay = Annotated[Duration, Meta(extra={"maximum": 2_592_000_000})]
Grid = Annotated[Distance, Meta(extra={"minimum": 100, "maximum": 100_000})]
Positive = Annotated[Decimal, Meta(extra={"is": "a number above zero"})]
