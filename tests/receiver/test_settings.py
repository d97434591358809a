"""The receiver's two files: what they mean, and every mistake in them at its place."""

from pathlib import Path

import pytest

from agent.wire.cose import ESP256
from receiver.errors import RegistryError
from receiver.settings import load, load_registry
from tests.support.wire import OTHER_KEY, UNIT_KEY, P256Signer

CONFIG = """\
[receiver]
key = "receiver.key"
devices = "devices.toml"
store = "receiver.db"

[broker]
host = "127.0.0.1"
tls = false
"""
DEVICE = """\
[unit.corner]
key = "{key}"
alg = "Ed25519"
valid_from = 2026-01-01T00:00:00Z
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration without mistakes, with its registry."""
    (tmp_path / "devices.toml").write_text(DEVICE.replace("{key}", UNIT_KEY.public.line))
    (tmp_path / "receiver.toml").write_text(CONFIG)
    return tmp_path / "receiver.toml"


def _spoiled(file: Path, old: str, new: str) -> str:
    """Return what is said of a file with one change, made in it."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(RegistryError) as caught:
        load(file.with_name("receiver.toml"))
    return str(caught.value)


def test_settings_count_paths_from_their_file(config: Path) -> None:
    settings = load(config)
    assert settings.key == config.parent / "receiver.key"
    assert settings.store == config.parent / "receiver.db"
    assert not settings.key_lent


def test_settings_that_the_file_leaves_out_have_defaults(config: Path) -> None:
    settings = load(config)
    assert settings.patience_ms == 3_600_000
    assert (settings.broker.port, settings.broker.client_id) == (1883, "lamppost-receiver")
    assert (settings.broker.topic_root, settings.broker.mqtt5) == ("lamppost", True)


def test_settings_of_a_broker_elsewhere_use_tls_on_its_port(config: Path) -> None:
    config.write_text(CONFIG.replace('"127.0.0.1"\ntls = false', '"mqtt.city.example"'))
    broker = load(config).broker
    assert (broker.tls, broker.port) == (True, 8883)


def test_settings_take_the_password_from_its_file_and_do_not_show_it(config: Path) -> None:
    (config.parent / "password").write_text("correct horse\n")
    config.write_text(CONFIG + 'username = "receiver"\npassword_file = "password"\n')
    broker = load(config).broker
    assert (broker.username, broker.password) == ("receiver", "correct horse")
    assert "correct horse" not in repr(broker)


def test_settings_whose_password_is_missing_name_its_file(config: Path) -> None:
    said = _spoiled(config, "tls = false", 'tls = false\nusername = "receiver"\npassword_file = "password"')
    assert said == f"{config.parent / 'password'}: cannot read the broker password: No such file or directory"


def test_settings_of_a_credential_look_where_systemd_puts_it(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(CONFIG.replace('"receiver.key"', '"credential:receiver.key"'))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    settings = load(config)
    assert (settings.key, settings.key_lent) == (Path("/run/credentials/x/receiver.key"), True)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(RegistryError, match="there are no systemd credentials here"):
        load(config)


MISTAKES = [
    pytest.param('key = "receiver.key"\n', "", 1, "key", id="missing-key"),
    pytest.param('store = "receiver.db"', 'stores = "receiver.db"', 4, 'did you mean "store"', id="unknown-key"),
    pytest.param('store = "receiver.db"', "store = 3", 4, "store", id="wrong-type"),
    pytest.param("tls = false", "tls = false\nport = 70000", 9, "a TCP port, 1 to 65535", id="port"),
    pytest.param('"127.0.0.1"', '"mqtt.city.example"', 8, "this machine only", id="tls-off"),
    pytest.param("tls = false", 'tls = false\ntopic_root = "a/#"', 9, "levels separated by /", id="topic-root"),
    pytest.param("tls = false", 'tls = false\nclient_cert = "a.crt"', 9, "client_key beside it", id="half-a-pair"),
    pytest.param("tls = false", 'tls = false\npassword_file = "a"', 9, "username beside it", id="password-of-nobody"),
    pytest.param("[broker]", 'patience = "soon"\n[broker]', 6, "patience", id="duration"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_settings_with_a_mistake_say_where_it_is(config: Path, old: str, new: str, line: int, words: str) -> None:
    said = _spoiled(config, old, new)
    assert f"{config}:{line}:" in said
    assert words in said


def test_settings_with_mistakes_in_both_files_tell_them_all(config: Path) -> None:
    registry = config.with_name("devices.toml")
    registry.write_text(registry.read_text().replace("Ed25519", "RSA"))
    config.write_text(CONFIG.replace("tls = false", "tls = 3").replace('store = "receiver.db"\n', ""))
    with pytest.raises(RegistryError) as caught:
        load(config)
    said = str(caught.value)
    assert f"{config}:1:" in said
    assert f"{config}:7:" in said
    assert f"{registry}:3:" in said


def test_settings_that_are_no_toml_say_where(config: Path) -> None:
    config.write_text("[receiver\n")
    with pytest.raises(RegistryError, match=r"receiver\.toml:1:"):
        load(config)


def test_settings_that_are_not_there_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"nowhere\.toml: cannot read this file"):
        load(tmp_path / "nowhere.toml")


# -- the registry


def test_registry_knows_each_units_key_and_dates(tmp_path: Path) -> None:
    (tmp_path / "corner.pub").write_text(UNIT_KEY.public.pem)
    (tmp_path / "devices.toml").write_text(
        DEVICE.replace("{key}", "corner.pub") + "valid_until = 2027-01-01T00:00:00Z\nsimulated = true\n"
    )
    device = load_registry(tmp_path / "devices.toml")["corner"]
    assert device.key == UNIT_KEY.public
    assert (device.valid_from_ms, device.valid_until_ms) == (1_767_225_600_000, 1_798_761_600_000)
    assert device.simulated


def test_registry_takes_a_hardware_key_under_its_own_algorithm(tmp_path: Path) -> None:
    key = P256Signer(scalar=7).public
    text = DEVICE.replace("{key}", key.line).replace("Ed25519", "ESP256")
    (tmp_path / "devices.toml").write_text(text)
    assert load_registry(tmp_path / "devices.toml")["corner"].key.alg == ESP256


def test_registry_with_a_date_without_an_offset_takes_it_for_utc(tmp_path: Path) -> None:
    text = DEVICE.replace("{key}", UNIT_KEY.public.line).replace("00:00:00Z", "00:00:00")
    (tmp_path / "devices.toml").write_text(text)
    assert load_registry(tmp_path / "devices.toml")["corner"].valid_from_ms == 1_767_225_600_000


REGISTRY_MISTAKES = [
    pytest.param("[unit.corner]", "[unit.Corner]", 1, "lower-case letters", id="name"),
    pytest.param('alg = "Ed25519"\n', "", 1, "alg", id="missing-alg"),
    pytest.param("Ed25519", "ed25519", 3, '"Ed25519" or "ESP256"', id="unknown-alg"),
    pytest.param('"Ed25519"', '"ESP256"', 3, "the key is of another kind", id="other-alg"),
    pytest.param("2026-01-01T00:00:00Z", '"today"', 4, "valid_from", id="no-date"),
    pytest.param("00:00:00Z", "00:00:00Z\nvalid_until = 2026-01-01", 5, "valid_until", id="date-without-time"),
    pytest.param(
        "00:00:00Z", "00:00:00Z\nvalid_until = 2025-01-01T00:00:00Z", 5, "would never be valid", id="never-valid"
    ),
    pytest.param(UNIT_KEY.public.line, "nowhere.pub", 2, "nowhere.pub", id="key-file-missing"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), REGISTRY_MISTAKES)
def test_registry_with_a_mistake_says_where_it_is(config: Path, old: str, new: str, line: int, words: str) -> None:
    registry = config.with_name("devices.toml")
    said = _spoiled(registry, old, new)
    assert f"{registry}:{line}:" in said
    assert words in said


def test_registry_with_one_key_for_two_units_names_both(config: Path) -> None:
    registry = config.with_name("devices.toml")
    twice = registry.read_text().replace("[unit.corner]", "[unit.clone]")
    said = _spoiled(registry, "[unit.corner]", f"{twice}\n[unit.corner]")
    assert "units clone and corner have the same key" in said


def test_registry_of_two_units_knows_both(tmp_path: Path) -> None:
    first = DEVICE.replace("{key}", UNIT_KEY.public.line)
    second = DEVICE.replace("{key}", OTHER_KEY.public.line).replace("corner", "kerb")
    (tmp_path / "devices.toml").write_text(first + second)
    assert set(load_registry(tmp_path / "devices.toml")) == {"corner", "kerb"}
