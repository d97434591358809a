"""What is kept: what the next process is given of it, what it is told to forget, what does not stay open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.boots import FORGET, Boots
from agent.boots import NAME as BOOTS
from agent.buffer.outbox import Outbox
from agent.clock import NS_PER_MS, Instant, SystemClock
from agent.config import load
from agent.discipline import SystemDiscipline
from agent.errors import KeyFileError, StoreError
from agent.flash import NAME as FLASH
from agent.given import NAME as GIVEN
from agent.kept import Kept, open_kept
from agent.privacy.payment import NAME as LEDGERS
from agent.surroundings import Surroundings
from agent.uplink.session import BUDGET_NAME
from agent.wire import keyfile
from tests.support.agent_process import FOOTFALL, WEATHER, Site
from tests.support.outbox import row


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor and a scanner; nothing of it is opened but its store."""
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL))
    yield site
    site.adapter.close()


async def _opened(site: Site, around: Surroundings | None = None) -> Kept:
    around = around or Surroundings(clock=SystemClock(SystemDiscipline()), environment={})
    return await open_kept(load(site.config), key=keyfile.load_private(site.folder / "unit.key"), around=around)


async def test_kept_knows_what_earlier_processes_gave_out_and_what_time_they_were_sure_of(site: Site) -> None:
    kept = await _opened(site)
    kept.given.note([row(0, stream="weather")])
    kept.boots.note(Instant(mono_ns=5 * NS_PER_MS, utc_ns=9000 * NS_PER_MS, synchronised=True, error_ms=10))
    await kept.outbox.save_counters(GIVEN, kept.given.export())
    await kept.outbox.save_counters(BOOTS, kept.boots.export())
    await kept.outbox.close()
    told: list[Boots] = []
    clock = SystemClock(SystemDiscipline())
    kept = await _opened(site, Surroundings(clock=clock, remember=told.append, environment={}))

    assert told == [kept.boots]
    assert kept.boots.floor_ms == 8990
    assert kept.sealer.boots is kept.boots
    assert kept.given.last_ms("weather", None) == row(0).start_ms
    await kept.outbox.close()


async def test_kept_that_was_told_to_forget_the_last_known_time_does_so_once(site: Site) -> None:
    kept = await _opened(site)
    kept.boots.note(Instant(mono_ns=5 * NS_PER_MS, utc_ns=2**62, synchronised=True, error_ms=10))
    await kept.outbox.save_counters(BOOTS, kept.boots.export())
    await kept.outbox.close()
    (site.folder / "store" / FORGET).touch()
    floors = []
    for _ in range(2):
        kept = await _opened(site)
        floors.append((kept.boots.floor_ms, (site.folder / "store" / FORGET).exists()))
        await kept.outbox.close()
    assert floors == [(0, False), (0, False)]


@pytest.mark.parametrize("damaged", [b"", b"\xff\x00", b"[]", b"7", b"null", b'{"version":1}', b"[" * 9000])
@pytest.mark.parametrize("name", [GIVEN, BOOTS, BUDGET_NAME, FLASH, LEDGERS])
async def test_kept_with_damaged_counters_begins_anew(name: str, damaged: bytes, site: Site) -> None:
    kept = await _opened(site)
    await kept.outbox.save_counters(name, damaged)
    await kept.outbox.close()
    kept = await _opened(site)
    assert (kept.boots.floor_ms, kept.given.last_ms("weather", None)) == (0, None)
    assert kept.budget.spending().total_bytes == 0
    await kept.outbox.close()


async def test_kept_that_cannot_be_taken_up_lets_go_of_the_store(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Outbox] = []
    close = Outbox.close

    async def noted(self: Outbox) -> None:
        closed.append(self)
        await close(self)

    def fail(_boots: Boots) -> None:
        raise StoreError("not now")

    monkeypatch.setattr(Outbox, "close", noted)
    clock = SystemClock(SystemDiscipline())
    with pytest.raises(StoreError, match="not now"):
        await _opened(site, Surroundings(clock=clock, remember=fail, environment={}))
    assert len(closed) == 1
    await (await _opened(site)).outbox.close()


async def test_kept_is_not_opened_without_a_receivers_key(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace(site.receiver.public.line, "nowhere.pub"))
    with pytest.raises(KeyFileError, match=r"nowhere\.pub"):
        await _opened(site)
    assert not (site.folder / "store" / "outbox.db").exists()
