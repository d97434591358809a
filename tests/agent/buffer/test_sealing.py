"""When something is sealed, and what must not keep it from being sealed."""

from dataclasses import replace
from pathlib import Path

from tests.support.outbox import AIR, contents, opened, overwrite, parsed, row, stored, waiting

WIDE = {"air": replace(AIR["air"], columns=60)}


async def test_envelopes_of_an_ended_epoch_that_no_receipt_can_reach_do_not_keep_the_backlog_from_being_sealed(
    tmp_path: Path,
) -> None:
    """One was destroyed, so the city never has all before the others: no receipt will ever cover them."""
    path = tmp_path / "outbox.db"
    outbox = await opened(path, streams=WIDE)
    for first in range(0, 3000, 200):
        await stored(outbox, [row(index, values=(index,) * 60) for index in range(first, first + 200)])
    while await outbox.seal():
        pass
    envelopes = await waiting(outbox)
    assert sum(len(envelope.data) for envelope in envelopes) > 256 * 1024
    await outbox.close()
    data = contents(path)
    assert envelopes[0].data[200:280] in data
    overwrite(path, data.replace(envelopes[0].data[200:280], bytes(80)))
    outbox = await opened(path, streams=WIDE)
    assert len(await waiting(outbox)) < len(envelopes)
    assert (await outbox.stats()).rows_waiting > 1000
    await outbox.seal()
    sealed = [said for said in map(parsed, await waiting(outbox)) if said["epoch"] == outbox.epoch.hex()]
    assert "batch" in {said["kind"] for said in sealed}
    await outbox.close()
