# Every target sets up what it needs; nothing has to be installed by hand but Python 3.11+ with its venv module.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format clean

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

test: $(STAMP) ## run the tests
	$(BIN)/pytest -n auto

check: $(STAMP) ## ruff, mypy strict, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## format the source
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove everything that was built
	rm -rf $(VENV) .venvs dist build .mypy_cache .ruff_cache .pytest_cache

prove-foreign: $(STAMP) ## a second COSE implementation verifies and decodes our envelopes
	@tests/foreign/prove.sh $(BIN)/python
