"""The publisher and TLS: the broker is verified, and each way of failing is told apart."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.uplink.settings import Secret, TlsSettings, UplinkSettings
from tests.support.broker import ChaosProxy, Mosquitto, find_program, subscriber, write_passwords
from tests.support.certificates import DAY, NOW, Authority, Pair
from tests.support.uplink import FakeQueue, Running, publishing, settings_for

pytestmark = pytest.mark.broker


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def _tls_lines(pair: Pair, *more: str) -> tuple[str, ...]:
    return (f"certfile {pair.certificate}", f"keyfile {pair.key}", *more)


def _settings(port: int, tls: TlsSettings | None, **changes: object) -> UplinkSettings:
    return replace(settings_for(port, host="localhost"), tls=tls, **changes)  # type: ignore[arg-type]  # the names are the caller's


async def _trouble(running: Running) -> tuple[str, str]:
    await running.until(lambda: running.publisher.state().trouble is not None)
    state = running.publisher.state()
    assert state.trouble is not None
    assert state.problem is not None
    return state.trouble, state.problem


async def test_tls_with_a_good_certificate_delivers(tmp_path: Path, authority: Authority) -> None:
    queue = FakeQueue()
    queue.add("air", b"over TLS")
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(authority.issue("broker"))) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=authority.certificate)), queue=queue) as running,
    ):
        await running.until(lambda: running.publisher.state().sent == 1 and not running.publisher.state().in_flight)
        assert running.publisher.state().trouble is None


@pytest.mark.parametrize(
    ("make", "trouble", "word"),
    [
        pytest.param(lambda ca: ca.issue("b", begins=NOW + DAY, ends=NOW + 2 * DAY), "certificate-early", "not yet"),
        pytest.param(
            lambda ca: ca.issue("b", begins=NOW - 2 * DAY, ends=NOW - DAY), "certificate-expired", "expired"
        ),
        pytest.param(lambda ca: ca.issue("b", hosts=("other.example",)), "certificate-name", "another name"),
    ],
    ids=["not yet valid", "expired", "other name"],
)
async def test_tls_with_a_certificate_that_does_not_fit_says_why(
    tmp_path: Path, authority: Authority, make: object, trouble: str, word: str
) -> None:
    assert callable(make)
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(make(authority))) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=authority.certificate))) as running,
    ):
        kind, text = await _trouble(running)
        assert kind == trouble
        assert word in text
        assert running.publisher.state().sessions == 0


async def test_tls_with_an_unknown_authority_refuses_the_broker(tmp_path: Path, authority: Authority) -> None:
    other = Authority(tmp_path, "other")
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(other.issue("broker"))) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=authority.certificate))) as running,
    ):
        kind, text = await _trouble(running)
    assert kind == "certificate-unknown"
    assert "ca_file" in text


async def test_tls_with_the_system_store_refuses_a_private_authority(tmp_path: Path, authority: Authority) -> None:
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(authority.issue("broker"))) as broker,
        publishing(_settings(broker.port, TlsSettings())) as running,
    ):
        kind, _ = await _trouble(running)
    assert kind == "certificate-unknown"


async def test_tls_on_a_plain_port_says_so(tmp_path: Path, authority: Authority) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=authority.certificate))) as running,
    ):
        kind, _ = await _trouble(running)
    assert kind in {"not-tls", "closed", "tls"}


async def test_plain_on_a_tls_port_hints_at_tls(tmp_path: Path, authority: Authority) -> None:
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(authority.issue("broker"))) as broker,
        publishing(_settings(broker.port, None)) as running,
    ):
        kind, text = await _trouble(running)
    assert kind == "closed"
    assert "TLS" in text


async def test_tls_without_the_wanted_client_certificate_says_so(tmp_path: Path, authority: Authority) -> None:
    lines = _tls_lines(authority.issue("broker"), f"cafile {authority.certificate}", "require_certificate true")
    async with (
        Mosquitto(tmp_path, tls=lines) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=authority.certificate))) as running,
    ):
        kind, text = await _trouble(running)
    assert kind in {"client-certificate", "closed"}  # the alert may be lost with the connection
    assert "client_certificate" in text


async def test_tls_with_the_wanted_client_certificate_connects(tmp_path: Path, authority: Authority) -> None:
    lines = _tls_lines(authority.issue("broker"), f"cafile {authority.certificate}", "require_certificate true")
    own = authority.issue("unit-a")
    tls = TlsSettings(
        ca_file=authority.certificate, client_certificate=own.certificate, client_key=Secret(file=own.key)
    )
    async with Mosquitto(tmp_path, tls=lines) as broker, publishing(_settings(broker.port, tls)) as running:
        await running.connected()


async def test_tls_with_a_missing_ca_file_names_it(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        publishing(_settings(broker.port, TlsSettings(ca_file=tmp_path / "missing.pem"))) as running,
    ):
        kind, text = await _trouble(running)
    assert kind == "local"
    assert "missing.pem" in text


async def test_password_that_is_wrong_says_so_and_a_corrected_file_is_taken(tmp_path: Path) -> None:
    write_passwords(tmp_path / "passwords", {"unit-a": "right", "city": "city"})
    secret = tmp_path / "password"
    secret.write_text("wrong\n")
    secret.chmod(0o400)
    lines = ("allow_anonymous false", f"password_file {tmp_path / 'passwords'}")
    async with (
        Mosquitto(tmp_path, lines=lines) as broker,
        publishing(settings_for(broker.port, username="unit-a", password=Secret(file=secret))) as running,
    ):
        kind, text = await _trouble(running)
        assert kind == "credentials"
        assert "wrong" not in text
        secret.unlink()
        secret.write_text("right\n")
        secret.chmod(0o400)
        await running.connected()
        async with subscriber(broker.port, "lamppost/1/#", username="city", password="city") as city:
            await city.expect(1, under="/status")


async def test_tls_is_charged_what_it_carries_and_a_header_for_each_segment(
    tmp_path: Path, authority: Authority
) -> None:
    queue = FakeQueue()
    for _ in range(100):
        queue.add("air", bytes(500))
    tls = TlsSettings(ca_file=authority.certificate)
    async with (
        Mosquitto(tmp_path, tls=_tls_lines(authority.issue("broker"))) as broker,
        ChaosProxy(broker.port) as proxy,
        publishing(_settings(proxy.port, tls, ahead=200), queue=queue) as running,
    ):
        await running.until(lambda: running.publisher.state().sent == 100)
        await running.publisher.drained()
        charged = running.budget.spending().total_bytes
        carried = proxy.to_broker + proxy.to_client
    most_segments = 2 * 2 * (100 + 10)  # several messages may share one
    assert carried + 20 * 52 <= charged <= carried + most_segments * 52


def test_broker_tools_are_there() -> None:
    assert find_program("mosquitto_passwd") is not None
