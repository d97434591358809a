"""The layout of a declaration: enough to decode, label, judge and catalogue every batch that cites it.

A field that has a default is left out where it has that value, so that one content has one form and one hash.
"""

from agent.wire import chain, fields
from agent.wire.declared import DECLARATIONS, Declaration, DeclarationContent
from agent.wire.declared_stream import read_stream, stream_map
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES

MAX_STREAMS = 64
LATITUDE_MAX = 90 * 10**5
LONGITUDE_MAX = 180 * 10**5


def declaration_map(declaration: Declaration) -> dict[int, object]:
    """Return the fields of a declaration in its envelope, checked."""
    place = chain.reserved_map(declaration, DECLARATIONS, "declaration")
    return place | {chain.CONTENT: content_map(declaration.content)}


def read_declaration(value: object) -> Declaration:
    """Return the declaration that a payload claims."""
    place, content = chain.read_reserved(value, DECLARATIONS, "declaration")
    return Declaration(**place._asdict(), content=read_content(content))


def content_map(content: DeclarationContent) -> dict[int, object]:
    """Return the fields of a declaration's content, checked: read back, it is the same."""
    layout: dict[int, object] = {
        0: content.unit,
        1: content.publisher,
        2: content.office,
        3: content.contact,
        4: content.site,
        5: content.software,
        6: content.thumbprint,
        7: content.simulated,
        8: [stream_map(stream) for stream in content.streams],
    }
    layout |= fields.without_defaults(
        {
            9: (None if content.location is None else list(content.location), None),
            10: (content.installed, None),
            11: (content.hardware, ""),
            12: (content.firmware, ""),
            13: (content.legal_basis, ""),
            14: (list(content.dtpr), []),
            15: (content.timezone, ""),
        }
    )
    read_content(layout)
    return layout


def read_content(value: object) -> DeclarationContent:
    """Return the content that a payload claims."""
    layout = fields.keyed(value, "declaration content", required=range(9), optional=range(9, 16))
    streams = fields.array(layout[8], "declared streams", most=MAX_STREAMS)
    content = DeclarationContent(
        unit=fields.name(layout[0], "declared unit"),
        publisher=fields.text(layout[1], "declared publisher"),
        office=fields.text(layout[2], "declared office"),
        contact=fields.text(layout[3], "declared contact"),
        site=fields.text(layout[4], "declared site"),
        software=fields.text(layout[5], "declared software"),
        thumbprint=fields.octets(layout[6], "declared thumbprint", HASH_BYTES),
        simulated=fields.boolean(layout[7], "declared simulated"),
        streams=tuple(read_stream(stream) for stream in streams),
        location=fields.optional(layout, 9, _read_location),
        installed=fields.optional(layout, 10, lambda day: fields.date(day, "declared installation")),
        hardware=fields.given(layout, 11, lambda text: fields.text(text, "declared hardware"), ""),
        firmware=fields.given(layout, 12, lambda text: fields.text(text, "declared firmware"), ""),
        legal_basis=fields.given(layout, 13, lambda text: fields.text(text, "declared legal basis"), ""),
        dtpr=fields.given(layout, 14, lambda codes: fields.codes(codes, "declared DTPR codes"), ()),
        timezone=fields.given(layout, 15, lambda text: fields.text(text, "declared time zone"), ""),
    )
    fields.distinct((stream.name for stream in content.streams), "declared streams")
    quiet = any(channel.quiet for stream in content.streams for channel in stream.channels)
    if quiet != bool(content.timezone):
        raise MalformedPayload("declared time zone: expected one with quiet hours, and none without")
    return content


def _read_location(value: object) -> tuple[int, int, int]:
    latitude, longitude, edge_m = fields.array(value, "declared location", least=3, most=3)
    return (
        fields.uint(latitude, "declared latitude", least=-LATITUDE_MAX, most=LATITUDE_MAX),
        fields.uint(longitude, "declared longitude", least=-LONGITUDE_MAX, most=LONGITUDE_MAX),
        fields.uint(edge_m, "declared grid of the location", least=1, most=fields.GRID_MAX_M),
    )
