"""Writes the folder that a city serves: ``data.json``, ``datapackage.json``, and of each stream dictionary and table.

In: datasets, a store. Out: files, replaced as a whole. Never: a table of a stream that is not public; one that was
public and is not any more is taken away.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from receiver.catalogue import catalogue
from receiver.datasets import Dataset
from receiver.dictionary import data_package, table_schema
from receiver.errors import ReceiverError
from receiver.table import Tables, Written

_PACKAGE: Final = "datapackage.json"


def write(folder: Path, entries: Sequence[Dataset], *, store: Path, base_url: str | None) -> Iterator[str]:
    """Write everything; yield a line about each file.

    Raises:
        ReceiverError: a file cannot be written.
        StorageError: the store cannot be read.
    """
    tables = Tables(store)
    try:
        for entry in entries:
            yield from _dataset(folder, entry, tables)
        if any(entry.is_public for entry in entries):
            yield _json(folder / _PACKAGE, data_package(entries))
        else:
            _remove(folder / _PACKAGE)
        yield _json(folder / "data.json", catalogue(entries, base_url=base_url))
    except OSError as error:
        raise ReceiverError(f"{error.filename or folder}: cannot write it: {error.strerror}") from error
    finally:
        tables.close()


def _dataset(folder: Path, entry: Dataset, tables: Tables) -> Iterator[str]:
    path = folder / entry.data_path
    if entry.is_public:
        written: list[Written] = []
        _replace(path, lambda file: written.append(tables.write(entry, file)))
        yield f"{path}: {_counted(written[0])}"
    else:
        _remove(path)
        yield f"{path}: not written, as access to {entry.identifier} is {entry.stream.access}"
    yield _json(folder / entry.schema_path, table_schema(entry.stream))


def _counted(written: Written) -> str:
    left_out = (
        (written.undated, "without a date"),
        (written.other_declaration, "of declarations with other columns"),
        (written.repeated, "of windows that are there already"),
    )
    texts = [f"{count} {why}" for count, why in left_out if count]
    return f"{written.rows} rows" + (f"; left out: {', '.join(texts)}" if texts else "")


def _json(path: Path, content: dict[str, Any]) -> str:
    _replace(path, lambda file: file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n"))
    return f"{path}: written"


def _replace(path: Path, fill: Callable[[TextIO], object]) -> None:
    """Write a file as a whole, so that nobody is ever served half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        fill(file)
    part.replace(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
