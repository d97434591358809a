"""A broker that refuses, stalls, half-closes, knows no such account, or acknowledges with a failure code."""

import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.broker import write_passwords
from tests.support.corner import Corner
from tests.support.rig import Rig, until
from tests.support.tap import Tap

pytestmark = pytest.mark.broker
_STREAMS = ("dust", "kerb")
_OFF = {"weather", "gnss", "scanner"}
Step = Callable[[], Awaitable[None]]


async def _cut(corner: Corner, *, spoil: Step, told: str, mend: Step) -> None:
    """Spoil the way to the broker while rows are stored, wait until the status tells, and mend it."""
    await corner.more_rows(2, streams=_STREAMS)
    await spoil()
    await corner.more_rows(3, streams=_STREAMS)
    known = await corner.status(lambda known: told in (known["uplink"]["problem"] or ""))
    assert known["outbox"]["trouble"] == ""
    assert all(one["state"] == "ok" for one in known["sensors"].values())
    await mend()
    await corner.status(lambda known: known["uplink"]["connected"] and not known["uplink"]["problem"])


@pytest.mark.parametrize("how", ["refuses", "half-closes"])
async def test_broker_that_is_cut_off_is_told_and_nothing_is_lost(tmp_path: Path, how: str) -> None:
    async with Rig(tmp_path) as rig, Tap(rig.broker.port) as tap:
        corner = Corner(rig, sensors=_STREAMS, port=tap.port)
        await rig.start()

        told = "nothing listens there. Check the port, and that the broker is running"

        async def spoil() -> None:
            if how == "half-closes":
                tap.half_close()
                await corner.told("the connection was cut")
            tap.refuse()

        async with corner:
            await _cut(corner, spoil=spoil, told=told, mend=tap.open)
            await corner.more_rows(1, streams=_STREAMS)
        await corner.nothing_lost()


async def test_broker_that_stalls_is_found_out_by_its_silence_and_nothing_is_lost(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=_STREAMS, extra={"uplink": {"keepalive": "5s"}})
        await rig.start()
        async with corner:
            await corner.more_rows(2, streams=_STREAMS)
            rig.broker.send(signal.SIGSTOP)
            await corner.more_rows(3, streams=_STREAMS)
            assert all(one["state"] == "ok" for one in corner.unit.status()["sensors"].values())
            known = await corner.status(lambda known: (known["uplink"]["silent_s"] or 0) > 2)
            assert known["outbox"]["trouble"] == ""
            rig.broker.send(signal.SIGCONT)
            await corner.more_rows(2, streams=_STREAMS)
        await corner.nothing_lost()


async def test_broker_that_does_not_know_the_account_is_told_with_what_to_check(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    write_passwords(passwords, {"receiver": "r"})
    async with Rig(tmp_path, broker_lines=("allow_anonymous true",)) as rig:
        (tmp_path / "corner.password").write_text("wrong\n")
        (tmp_path / "corner.password").chmod(0o400)
        own = {"uplink": {"username": "corner", "password_file": str(tmp_path / "corner.password")}}
        corner = Corner(rig, sensors=_STREAMS, extra=own)
        rig.broker.lines = ("allow_anonymous true", f"password_file {passwords}")
        await rig.start()
        async with corner:
            known = await corner.status(lambda known: known["uplink"]["problem"])
            await corner.more_rows(2, streams=_STREAMS)
            write_passwords(passwords, {"corner": "wrong"})
            rig.broker.send(signal.SIGHUP)
            await corner.status(lambda known: known["uplink"]["connected"])
        await corner.nothing_lost()
    assert "the broker refused the unit" in known["uplink"]["problem"]
    assert "Check user name, password, and the unit's entry" in known["uplink"]["problem"]
    assert "wrong" not in corner.log


async def test_broker_that_acknowledges_with_a_failure_code_keeps_nothing_from_arriving_later(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    everything = "topic readwrite #\n"
    forbidden = "topic deny lamppost/1/corner/live/dust\ntopic deny lamppost/1/corner/backlog/dust\n"
    acl.write_text(forbidden + everything)
    acl.chmod(0o600)
    async with Rig(tmp_path, broker_lines=("allow_anonymous true", f"acl_file {acl}")) as rig:
        corner = Corner(rig, sensors=_STREAMS)
        await rig.start()
        async with corner:
            await corner.more_rows(3, streams=_STREAMS)
            known = await corner.status(lambda known: known["uplink"]["refused"])
            await until(lambda: corner.unit.status()["receipts"]["applied"] > 2, what="receipts of the other stream")
            acl.write_text(everything)
            rig.broker.send(signal.SIGHUP)
            await corner.status(lambda known: not known["uplink"]["blocked"])
        await corner.nothing_lost()
    assert known["uplink"]["blocked"] == ["dust"]
    assert "not authorised (0x87)" in corner.log
