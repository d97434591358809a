"""Verifies and decodes our envelopes with something other than our own code, and prints the verdict.

Usage: verify.py VECTORS-FOLDER FRESH-BATCHES.json wire-format.md; exits non-zero if anything is not as it must be.
"""

import binascii
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import cbor2
from pycddl import Schema, ValidationError  # type: ignore[import-not-found]  # lives in .venvs/foreign only

from tests.foreign.document import decode, load_key, unfold, verify
from tests.foreign.primitives import Refused

_OURS = frozenset({"agent", "receiver", "drivers"})
_RULES = {
    "lp-batch": "batch",
    "lp-gap": "gap",
    "lp-decl": "declaration",
    "lp-status": "status",
    "lp-receipt": "receipt",
    "lp-control": "control",
    "lp-ack": "ack",
    "lp-log": "log",
    "lp-alarm": "alarm",
}
_ENTRIES = tuple(
    f"{kind}-entry" for kind in ("sealed", "receipt", "lost", "withheld", "order", "configuration", "damage", "state")
)
"""By the number that an entry begins with; pycddl cannot choose among more than three arrays."""
_NEGATIVE_RANGES = re.compile(r"^(int64|exponent) *= .*$", re.MULTILINE)
"""pycddl cannot do ranges with a negative end, which RFC 8610 allows."""


def _refusal(data: bytes, key: Any, typ: str) -> str | None:  # noqa: ANN401 - python-cwt has no types
    """Return why an envelope is refused, None if it is not."""
    try:
        decode(typ, verify(data, key, typ))
    except Refused as refused:
        return str(refused)
    return None


class Proof:
    """Counts what was tried and keeps what was wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.wrong: list[str] = []
        self.keys = {vector["name"]: load_key(vector) for vector in self._load("keys.json")}

    def _load(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads((self._folder / name).read_text(encoding="utf-8"))

    def check(self, holds: object, what: str) -> None:
        """Keep `what` if it does not hold."""
        if not holds:
            self.wrong.append(what)

    def vectors(self) -> None:
        """Verify and decode every vector, and refuse every one that must be refused, for its reason."""
        sound, bad = self._load("envelopes.json"), self._load("envelopes-refused.json")
        for vector in sound:
            data = bytes.fromhex(vector["hex"])
            refusal = _refusal(data, self.keys[vector["key"]], vector["typ"])
            self.check(refusal is None, f"{vector['name']}: refused, {refusal}")
            self.check(hashlib.sha256(data).hexdigest() == vector["envelope_hash_hex"], f"{vector['name']}: hash")
        for vector in bad:
            refusal = _refusal(bytes.fromhex(vector["hex"]), self.keys[vector["key"]], vector["typ"])
            self.check(refusal == vector["reason"], f"{vector['name']}: {refusal}, not {vector['reason']}")
        print(f"vectors: {len(sound)} envelopes verified and decoded, {len(bad)} refused")

    def payloads(self) -> None:
        """Refuse every payload that must be refused."""
        bad = self._load("payloads-refused.json")
        for vector in bad:
            try:
                decode(vector["typ"], bytes.fromhex(vector["hex"]))
                self.check(holds=False, what=f"{vector['name']}: taken")
            except Refused:
                continue
        print(f"vectors: {len(bad)} payloads refused")

    def cddl(self, document: Path) -> None:
        """Hold all payloads against the document's CDDL; what it cannot say is left to the rules beside it."""
        blocks = re.findall(r"```cddl\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
        grammar = _NEGATIVE_RANGES.sub(r"\1 = int", "\n".join(blocks))
        schemas = {typ: Schema(f"start = {rule}\n{grammar}") for typ, rule in _RULES.items()}
        sound, bad = self._load("payloads.json"), self._load("payloads-refused.json")
        self._entries([Schema(f"start = {rule}\n{grammar}") for rule in _ENTRIES])
        for vector in sound:
            self.check(_conforms(schemas[vector["typ"]], vector), f"{vector['name']}: is not what the CDDL says")
        refused = sum(not _conforms(schemas[vector["typ"]], vector) for vector in bad)
        self.check(refused, "negative control: the CDDL takes everything")
        print(f"CDDL: {len(sound)} payloads conform; of {len(bad)} bad ones {refused} do not, by it alone")

    def _entries(self, kinds: list[Any]) -> None:
        log = self._load("disclosures.json")
        for vector in log["entries"]:
            number = cbor2.loads(bytes.fromhex(vector["hex"]))[0]
            self.check(_conforms(kinds[number - 1], vector), f"entry {vector['number']}: is not what the CDDL says")
        refused = sum(not any(_conforms(kind, vector) for kind in kinds) for vector in log["refused"])
        self.check(refused, "negative control: the CDDL takes every entry")
        print(f"CDDL: {len(log['entries'])} entries conform; of {len(log['refused'])} bad ones {refused} do not")

    def chain(self) -> None:
        """Follow the chain over what never arrived, by the signed gap."""
        chain = self._load("chain.json")
        declared = cbor2.loads(bytes.fromhex(chain["declaration"]["payload_hex"]))[5]
        digest = hashlib.sha256(cbor2.dumps(declared, canonical=True)).hexdigest()
        self.check(digest == chain["declaration_hash_hex"], "declaration hash")
        links, jumps = {}, {}
        for vector in (chain["sealed"][index] for index in chain["arriving"]):
            fields = decode(vector["typ"], bytes.fromhex(vector["payload_hex"]))
            links[fields[3]] = (fields[4], bytes.fromhex(vector["envelope_hash_hex"]))
            if vector["typ"] == "lp-gap" and 5 in fields:
                first, last, lost = fields[5]
                jumps[first] = (last, lost)
        at, prev = 0, None
        while at in links or at in jumps:
            if at in links:
                before, here = links[at]
                self.check(before == prev, f"seq {at} does not follow")
                at, prev = at + 1, here
            else:
                last, prev = jumps[at]
                at = last + 1
        receipt = cbor2.loads(bytes.fromhex(chain["receipt"]["payload_hex"]))
        self.check((receipt[7], receipt[8]) == (at - 1, prev), "receipt")
        print(f"chain: {len(links)} envelopes arrived, prefix reaches seq {at - 1}")

    def log(self) -> None:
        """Follow the chain of the disclosure log; an entry changed in any byte breaks it."""
        log = self._load("disclosures.json")
        head = hashlib.sha256(b"lamppost disclosures" + log["unit"].encode()).digest()
        self.check(head.hex() == log["genesis_hex"], "disclosure log: genesis")
        for entry in log["entries"]:
            data = bytes.fromhex(entry["hex"])
            altered = hashlib.sha256(head + _flipped(data, len(data) - 1)).digest()
            head = hashlib.sha256(head + data).digest()
            self.check(head.hex() == entry["chain_hash_hex"], f"disclosure log: entry {entry['number']}")
            self.check(altered != head, f"negative control: entry {entry['number']} can be altered")
        print(f"disclosure log: {len(log['entries'])} entries chained")

    def fresh(self, path: Path) -> None:
        """Decode batches that our code has just sealed; then no byte of one, flipped, may pass."""
        sealed = json.loads(path.read_text(encoding="utf-8"))
        for vector in sealed:
            self._fresh_batch(vector)
        rows = sum(vector["rows"] for vector in sealed)
        print(f"fresh batches (seed {sealed[0]['seed']}): {len(sealed)} verified and decoded, {rows} rows equal")
        key, data = load_key(sealed[0]), bytes.fromhex(sealed[0]["hex"])
        passed = sum(_refusal(_flipped(data, at), key, "lp-batch") is None for at in range(len(data)))
        self.check(not passed, f"negative control: {passed} flipped bytes passed")
        print(f"negative control: {len(data)} envelopes with one byte flipped, {len(data) - passed} refused")

    def _fresh_batch(self, vector: dict[str, Any]) -> None:
        fields = decode("lp-batch", verify(bytes.fromhex(vector["hex"]), load_key(vector), "lp-batch"))
        axis = (fields[5][0], fields[5][1], fields[5][2])
        self.check(axis == (vector["start_ms"], vector["step_ms"], vector["rows"]), "fresh batch: time axis")
        found = [unfold(column, axis[2]) for column in fields[6]]
        wanted = [(column["values"], column["quality"]) for column in vector["columns"]]
        self.check(found == wanted, "fresh batch: other values")
        self.check([c[1] for c in fields[6]] == [c["exponent"] for c in vector["columns"]], "fresh batch: exponents")


def _conforms(schema: Any, vector: dict[str, str]) -> bool:  # noqa: ANN401 - pycddl has no types
    try:
        schema.validate_cbor(bytes.fromhex(vector["hex"]))
    except ValidationError:
        return False
    return True


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def main(vectors: Path, fresh: Path, document: Path) -> int:
    """Run the proof and return the exit code."""
    proof = Proof(vectors)
    try:
        proof.vectors()
        proof.payloads()
        proof.cddl(document)
        proof.chain()
        proof.log()
        proof.fresh(fresh)
    except (Refused, KeyError, binascii.Error) as error:
        proof.wrong.append(f"stopped: {error!r}")
    ours = sorted(name for name in sys.modules if name.partition(".")[0] in _OURS)
    proof.check(not ours, f"modules of ours were imported: {ours}")
    for what in proof.wrong:
        print(f"WRONG {what}")
    print("verdict: FAILED" if proof.wrong else "verdict: another implementation agrees")
    return 1 if proof.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
