"""The declaration: what the checked configuration means, as the city is told.

In: settings, the key's thumbprint, whether anything is simulated. Out: the content that batches cite by its hash.
Never: anything that is not in the configuration.
"""

from agent import __version__
from agent.config.plans import Settings, StreamPlan
from agent.privacy.spec import ReleasedChannel
from agent.wire.messages import DeclarationContent, DeclaredChannel, DeclaredStream


def software() -> str:
    """Return the agent's name and version."""
    return f"lamppost {__version__}"


def content(settings: Settings, *, thumbprint: bytes, simulated: bool) -> DeclarationContent:
    """Return what a unit with these settings declares."""
    models = {sensor.name: sensor.model.name for sensor in settings.sensors}
    return DeclarationContent(
        unit=settings.unit.id,
        publisher=settings.unit.publisher,
        office=settings.unit.office,
        contact=settings.unit.contact,
        site=settings.unit.site,
        software=software(),
        thumbprint=thumbprint,
        simulated=simulated,
        streams=tuple(_stream(plan, models) for plan in settings.streams),
    )


def _stream(plan: StreamPlan, models: dict[str, str]) -> DeclaredStream:
    return DeclaredStream(
        name=plan.name,
        title=plan.text.title,
        description=plan.text.description,
        keywords=plan.text.keywords,
        licence=plan.text.licence,
        contact=plan.text.contact,
        access=plan.text.access,
        purpose=plan.text.purpose,
        window_ms=plan.spec.window_ms,
        batch_rows=plan.policy.batch_rows,
        suppress_below=plan.spec.suppress_below,
        channels=tuple(_channel(channel, models[channel.sensor]) for channel in plan.spec.channels),
    )


def _channel(channel: ReleasedChannel, model: str) -> DeclaredChannel:
    return DeclaredChannel(
        name=channel.name,
        unit=channel.unit,
        exponent=channel.exponent,
        resolution=channel.resolution,
        minimum=channel.minimum,
        maximum=channel.maximum,
        rule=channel.rule.value,
        sensitivity=channel.sensitivity.value,
        source=f"{channel.sensor}.{channel.source.name}",
        model=model,
        grid_m=channel.grid_m,
    )
