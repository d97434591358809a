# Every target sets up what it needs; nothing has to be installed by hand but Python 3.11+ with its venv module.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PREFIX ?= /opt/lamppost
DESTDIR ?=
PROOFS := prove-demo prove-kill prove-powercut prove-outage prove-halfopen prove-stampede prove-flat prove-canary prove-check prove-ledger prove-suspend prove-reconcile prove-clock prove-damage prove-delivery prove-wire prove-flash prove-plan prove-model prove-size prove-month prove-faults

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-sensors hil-kernel fuzz mutation format lock install clean agree prove-foreign prove-sampler $(PROOFS)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Lamppost needs Python 3.11 or later. Install it (Debian 12: apt install python3) or set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it: sudo apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip --disable-pip-version-check install --quiet --editable '.[demo,test]'
	@touch $@

setup: $(STAMP) ## make the virtual environment

demo: $(STAMP) ## run a simulated street corner from sensor to receiver
	@$(BIN)/lamppost demo

# Two for each core: most of the long tests wait for processes and deadlines, not for the processor.
WORKERS = $(shell echo $$((2 * $$(nproc))))

test: $(STAMP) ## run the tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: $(STAMP) ## ruff, mypy strict, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Each proof prints its seed, its counts and a verdict, fails when it does not hold, and has a negative control.
prove-demo: ## the city's data against a log of the simulated sensors
prove-kill: ## kill -9 at every stage: nothing lost, nothing doubled
prove-powercut: ## a power cut at any moment, a full store included: nothing lost uncounted, nothing doubled; on ext4 too as root
prove-outage: ## brokers that die, stall, refuse and forget
prove-halfopen: ## the other end vanishes without a word: noticed, replaced, nothing lost
prove-stampede: ## a thousand units come back after an outage: the curve of their connections
prove-flat: ## a simulated day with a full buffer and a failing sensor: memory stays flat
prove-canary: ## a hundred thousand identifiers in, none out
prove-clock: ## the unit's clock set, stepped and taken away: every row has the right time within a bound, or none
prove-check: ## thirty mistakes in one file, each on its line
prove-ledger: ## kill -9 between any two statements: no day spends more than its privacy budget
prove-suspend: ## from the order to suspend to the last byte on the wire
prove-reconcile: ## the unit's disclosure log against the city's data; one altered entry shows
prove-damage: ## every damage to a card: the agent goes on, the loss is told, no seq twice; ten minutes
prove-delivery: ## a restored receiver, replayed receipts, a broker that forgets: nothing that was delivered is lost
prove-wire: ## bytes on the wire as the unit counts them, against every packet; five minutes, as root
prove-flash: ## bytes written to the flash for a row, by /proc and at the block device; as root
prove-plan: ## what `lamppost plan` foretells, against what units then do; as root
prove-model: ## the outbox beside a model of it, through any history; planted faults are found
prove-size: ## ten million rows that wait: opening, memory, and the rate of sending; ten minutes
prove-month: ## a month without uplink, then its return, simulated and by the real agent: the present first; three minutes
prove-faults: ## every fault of a bus: what is told, how long it lasts, what it costs the others; four minutes
$(PROOFS): prove-%: $(STAMP)
	@$(BIN)/python -m tests.proofs.$*

bench: $(STAMP) ## measure the agent beside what it must reach; ten minutes, as root
	@$(BIN)/python -m tests.bench

bench-sensors: $(STAMP) ## a hundred sensors at 1 Hz on one unit, and what a sample costs; five minutes
	@$(BIN)/python -m tests.bench.sensors

hil-kernel: $(STAMP) ## the agent in QEMU on the real I2C core, its devices pulled and put back; five minutes: CASES="adapter serial"
	@$(BIN)/python -m tests.hil.kernel $(CASES)

prove-foreign: $(STAMP) ## a second COSE implementation verifies and decodes our envelopes
	@tests/foreign/prove.sh $(BIN)/python

agree: $(STAMP) ## other people's drivers read our simulated chips, and a table of who agrees; real ones: HARDWARE=bus.toml
	@tests/agreement/prove.sh $(BIN)/python $(if $(HARDWARE),--hardware $(HARDWARE) -rs)

prove-sampler: $(STAMP) ## the noise against its exact distribution, and against OpenDP's
	@$(BIN)/python -m tests.proofs.sampler
	@tests/opendp/prove.sh $(BIN)/python

fuzz: $(STAMP) ## every parser against its invariant, a million inputs each; hours: FUZZ="--jobs 2 --seed 1 NAME ..."
	@$(BIN)/python -m tests.fuzz $(FUZZ)

mutation: $(STAMP) ## how many changes of the privacy filter its tests notice; an hour and more
	@$(BIN)/python -m tests.mutation

format: $(STAMP) ## format the source
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(STAMP) ## pin what a unit installs, with hashes
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

install: ## install agent and receiver under /opt/lamppost, with their systemd units (as root)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it: sudo apt install python3-venv"; exit 1; }
	test -x $(DESTDIR)$(PREFIX)/bin/python || $(PYTHON) -m venv $(DESTDIR)$(PREFIX)
	$(DESTDIR)$(PREFIX)/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
	$(DESTDIR)$(PREFIX)/bin/pip --disable-pip-version-check install --quiet --no-deps .
	$(DESTDIR)$(PREFIX)/bin/python -m compileall -q -o 0 -o 2 $(DESTDIR)$(PREFIX)/lib
	install -D -m 644 -t $(DESTDIR)/etc/systemd/system systemd/lamppost.service systemd/lamppost-receiver.service
	install -D -m 644 systemd/lamppost.sysusers.conf $(DESTDIR)/etc/sysusers.d/lamppost.conf
	install -D -m 644 systemd/lamppost.tmpfiles.conf $(DESTDIR)/etc/tmpfiles.d/lamppost.conf
	install -D -m 644 -t $(DESTDIR)/etc/udev/rules.d systemd/60-lamppost.rules
	install -d $(DESTDIR)/etc/lamppost $(DESTDIR)/etc/lamppost-receiver
	test -e $(DESTDIR)/etc/lamppost/unit.toml || install -m 644 config/unit.toml $(DESTDIR)/etc/lamppost/unit.toml
	install -d $(DESTDIR)/usr/local/bin
	ln -sf $(PREFIX)/bin/lamppost $(PREFIX)/bin/lamppost-receiver $(DESTDIR)/usr/local/bin/
	@test -n "$(DESTDIR)" || { systemd-sysusers; systemd-tmpfiles --create; udevadm control --reload; systemctl daemon-reload; }
	@echo "Installed. Next: docs/installing.md, from 'Make the key' on."

clean: ## remove everything that was built
	rm -rf $(VENV) .venvs dist build .mypy_cache .ruff_cache .pytest_cache
