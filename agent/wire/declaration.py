"""The layout of a declaration: enough to decode, label and judge every batch that cites it."""

from agent.wire import chain, fields
from agent.wire.errors import MalformedPayload
from agent.wire.messages import (
    DECLARATIONS,
    HASH_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    Declaration,
    DeclarationContent,
    DeclaredChannel,
    DeclaredStream,
)

MAX_STREAMS = 64
MAX_KEYWORDS = 32
SENSITIVITIES = frozenset({"measurement", "count", "identifier", "location"})


def declaration_map(declaration: Declaration) -> dict[int, object]:
    """Return the fields of a declaration in its envelope, checked."""
    _check_stream(declaration.stream)
    return chain.place_map(declaration, "declaration") | {5: content_map(declaration.content)}


def read_declaration(value: object) -> Declaration:
    """Return the declaration that a payload claims."""
    layout = fields.keyed(value, "declaration", required=(*chain.KEYS, 5))
    place = chain.read_place(layout, "declaration")
    _check_stream(place.stream)
    content = read_content(layout[5])
    return Declaration(epoch=place.epoch, stream=place.stream, seq=place.seq, prev=place.prev, content=content)


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
        8: [_stream_map(stream) for stream in content.streams],
    }
    read_content(layout)
    return layout


def read_content(value: object) -> DeclarationContent:
    """Return the content that a payload claims."""
    layout = fields.keyed(value, "declaration content", required=range(9))
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
        streams=tuple(_read_stream(stream) for stream in streams),
    )
    fields.distinct((stream.name for stream in content.streams), "declared streams")
    return content


def _check_stream(stream: str) -> None:
    if stream != DECLARATIONS:
        raise MalformedPayload(f"declaration stream: expected {DECLARATIONS}")


def _stream_map(stream: DeclaredStream) -> dict[int, object]:
    layout: dict[int, object] = {
        0: stream.name,
        1: stream.title,
        2: stream.description,
        3: list(stream.keywords),
        4: stream.licence,
        5: stream.contact,
        6: stream.access,
        7: stream.purpose,
        8: stream.window_ms,
        9: stream.batch_rows,
        10: [_channel_map(channel) for channel in stream.channels],
    }
    if stream.suppress_below is not None:
        layout[11] = stream.suppress_below
    return layout


def _read_stream(value: object) -> DeclaredStream:
    layout = fields.keyed(value, "declared stream", required=range(11), optional=(11,))
    keywords = fields.array(layout[3], "declared keywords", most=MAX_KEYWORDS)
    channels = fields.array(layout[10], "declared channels", least=1, most=MAX_COLUMNS)
    stream = DeclaredStream(
        name=fields.name(layout[0], "declared stream name"),
        title=fields.text(layout[1], "declared title"),
        description=fields.text(layout[2], "declared description"),
        keywords=tuple(fields.text(keyword, "declared keyword") for keyword in keywords),
        licence=fields.text(layout[4], "declared licence"),
        contact=fields.text(layout[5], "declared stream contact"),
        access=fields.text(layout[6], "declared access"),
        purpose=fields.text(layout[7], "declared purpose"),
        window_ms=fields.uint(layout[8], "declared window", least=1),
        batch_rows=fields.uint(layout[9], "declared batch rows", least=1, most=MAX_ROWS),
        suppress_below=fields.optional(layout, 11, lambda k: fields.uint(k, "declared suppression", least=1)),
        channels=tuple(_read_channel(channel) for channel in channels),
    )
    if stream.name.startswith("_"):
        raise MalformedPayload("declared stream name: a name that begins with '_' is reserved")
    fields.distinct((channel.name for channel in stream.channels), "declared channels")
    return stream


def _channel_map(channel: DeclaredChannel) -> dict[int, object]:
    layout: dict[int, object] = {
        0: channel.name,
        1: channel.unit,
        2: channel.exponent,
        3: channel.resolution,
        4: channel.minimum,
        5: channel.maximum,
        6: channel.rule,
        7: channel.sensitivity,
        8: channel.source,
        9: channel.model,
    }
    if channel.grid_m is not None:
        layout[10] = channel.grid_m
    return layout


def _read_channel(value: object) -> DeclaredChannel:
    layout = fields.keyed(value, "declared channel", required=range(10), optional=(10,))
    sensitivity = fields.token(layout[7], "declared sensitivity")
    if sensitivity not in SENSITIVITIES:
        raise MalformedPayload("declared sensitivity: expected measurement, count, identifier or location")
    return DeclaredChannel(
        name=fields.name(layout[0], "declared channel name"),
        unit=fields.text(layout[1], "declared unit of measure"),
        exponent=fields.uint(layout[2], "declared exponent", least=-fields.EXPONENT_MAX, most=fields.EXPONENT_MAX),
        resolution=fields.uint(layout[3], "declared resolution", least=1),
        minimum=fields.integer(layout[4], "declared minimum"),
        maximum=fields.integer(layout[5], "declared maximum"),
        rule=fields.token(layout[6], "declared rule"),
        sensitivity=sensitivity,
        source=fields.text(layout[8], "declared source"),
        model=fields.text(layout[9], "declared model"),
        grid_m=fields.optional(layout, 10, lambda edge: fields.uint(edge, "declared grid", least=1)),
    )
