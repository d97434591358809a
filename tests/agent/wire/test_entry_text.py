import json

import pytest

from agent.wire.disclosure import encode_entry
from agent.wire.entries import Entry
from agent.wire.entry_layout import LAYOUTS
from agent.wire.entry_text import entry_object, name_of, object_bytes
from agent.wire.errors import MalformedPayload
from tests.support.disclosures import one_of_each

ENTRIES = one_of_each()
OTHERS: tuple[object, ...] = (None, True, 17, "air", "00", [], {}, [1, 2], ["a"])


def test_every_kind_of_entry_is_tried_here() -> None:
    assert {type(entry) for entry in ENTRIES} == set(LAYOUTS)


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_entry_that_went_through_json_has_the_same_bytes(entry: Entry) -> None:
    text = json.dumps(entry_object(entry))
    assert object_bytes(name_of(entry), json.loads(text)) == encode_entry(entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=name_of)
def test_entry_with_any_field_changed_has_other_bytes_or_is_refused(entry: Entry) -> None:
    fields = entry_object(entry)
    for name in fields:
        for other in OTHERS:
            text = json.dumps(fields | {name: other})
            if text == json.dumps(fields):
                continue
            try:
                assert object_bytes(name_of(entry), json.loads(text)) != encode_entry(entry)
            except MalformedPayload as error:
                assert "entry" in str(error)  # noqa: PT017 - it may be either
