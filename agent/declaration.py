"""The declaration: what the checked configuration means, as the city is told.

In: settings, the key's thumbprint, whether anything is simulated. Out: the content that batches cite by its hash.
Never: anything that is not in the configuration or in the drivers' descriptions.
"""

from agent import __version__
from agent.config.plans import SensorPlan, Settings, StreamPlan
from agent.privacy.spec import Noise, ReleasedChannel
from agent.wire.declared import DeclarationContent, DeclaredChannel, DeclaredNoise, DeclaredStream
from agent.wire.units import ucum


def software() -> str:
    """Return the agent's name and version."""
    return f"lamppost {__version__}"


def content(settings: Settings, *, thumbprint: bytes, simulated: bool) -> DeclarationContent:
    """Return what a unit with these settings declares."""
    unit = settings.unit
    sensors = {sensor.name: sensor for sensor in settings.sensors}
    retention_ms = round(settings.limits.retain_s * 1000)
    return DeclarationContent(
        unit=unit.id,
        publisher=unit.publisher,
        office=unit.office,
        contact=unit.contact,
        site=unit.site,
        location=unit.location,
        installed=unit.installed,
        hardware=unit.hardware,
        firmware=unit.firmware,
        software=software(),
        thumbprint=thumbprint,
        legal_basis=unit.legal_basis,
        dtpr=unit.dtpr,
        timezone=settings.clock.timezone if _is_quiet_at_times(settings) else "",
        simulated=simulated,
        streams=tuple(_stream(plan, sensors, retention_ms=retention_ms) for plan in settings.streams),
    )


def _stream(plan: StreamPlan, sensors: dict[str, SensorPlan], *, retention_ms: int) -> DeclaredStream:
    return DeclaredStream(
        name=plan.name,
        title=plan.text.title,
        description=plan.text.description,
        keywords=plan.text.keywords,
        licence=plan.text.licence,
        contact=plan.text.contact,
        access=plan.text.access,
        rights=plan.text.rights,
        purpose=plan.text.purpose,
        window_ms=plan.spec.window_ms,
        batch_rows=plan.policy.batch_rows,
        retention_ms=retention_ms,
        delay_ms=plan.policy.delay_ms,
        suppress_below=plan.spec.suppress_below,
        noise=_noise(plan.spec.noise),
        dtpr=plan.text.dtpr,
        channels=tuple(
            _channel(channel, sensors[channel.sensor], uri=plan.properties.get(channel.name, ""))
            for channel in plan.spec.channels
        ),
        alarms=plan.alarms,
    )


def _is_quiet_at_times(settings: Settings) -> bool:
    """Return whether any sensor that feeds a stream has quiet hours."""
    fed = {channel.sensor for plan in settings.streams for channel in plan.spec.channels}
    return any(sensor.quiet_hours for sensor in settings.sensors if sensor.name in fed)


def _noise(noise: Noise | None) -> DeclaredNoise | None:
    if noise is None:
        return None
    return DeclaredNoise(epsilon=noise.epsilon, daily=noise.daily, sensitivity=noise.sensitivity)


def _channel(channel: ReleasedChannel, sensor: SensorPlan, *, uri: str) -> DeclaredChannel:
    return DeclaredChannel(
        name=channel.name,
        unit=channel.unit,
        ucum=ucum(channel.unit),
        property=uri,
        exponent=channel.exponent,
        resolution=channel.resolution,
        minimum=channel.minimum,
        maximum=channel.maximum,
        rule=channel.rule.value,
        sensitivity=channel.sensitivity.value,
        source=f"{channel.sensor}.{channel.source.name}",
        model=sensor.model.name,
        accuracy=channel.source.accuracy,
        calibrated=sensor.calibrated,
        grid_m=channel.grid_m,
        bins=channel.bins,
        quiet=sensor.quiet_hours,
    )
