# Every target sets up what it needs; the second time that costs nothing.

PORT ?= 8000
FRESH ?=
ARGS ?=
PYTHON ?= python3

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
RUNNING := $(VENV)/.installed-to-run
DEVELOPING := $(VENV)/.installed-to-develop
NODE := node_modules/.installed
REPORTS := build/reports
NODE_TESTS = $(wildcard tests/js/*.test.js tests/js/*/*.test.js)

.PHONY: help
help: ## say what can be made
	@sed -nE 's/^([a-z-]+): .*## (.*)/make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

.PHONY: run
run: $(RUNNING) ## start the demonstration school (PORT=8000; FRESH=1 starts over)
	@if [ -n "$(FRESH)" ]; then $(BIN)/observe demo --fresh; fi
	@exec $(BIN)/observe serve --demo --host 127.0.0.1 --port $(PORT)

.PHONY: test
test: $(DEVELOPING) $(NODE) ## lint, then run every test (ARGS="-k feedback" for some)
	@scripts/chromium.sh > /dev/null
	@scripts/postgresql.sh > /dev/null
	@mkdir -p $(REPORTS) && rm -f $(REPORTS)/*
	@outcome=0; \
	$(MAKE) --no-print-directory lint || outcome=$$?; \
	node --test --test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination=$(REPORTS)/node.tap $(NODE_TESTS) || outcome=$$?; \
	$(BIN)/python -m pytest -n 2 --dist worksteal --junitxml=$(REPORTS)/pytest.xml $(ARGS) || outcome=$$?; \
	exit $$outcome

.PHONY: soak
soak: $(DEVELOPING) ## live through 20,000 simulated stories (ARGS="--many 1000 7" for some, from seed 7)
	@nice $(BIN)/python -m tests.simulation $(or $(ARGS),--many 20000 1)

.PHONY: power-cut
power-cut: $(DEVELOPING) ## cut the power of a centre and of a tablet, and of a program at any of its writes (as root; ARGS="--cuts 5 --only tablet")
	@scripts/chromium.sh > /dev/null
	@$(BIN)/python -m tests.power $(ARGS)

.PHONY: lint
lint: $(DEVELOPING) $(NODE) ## hold everything a machine can hold
	@outcome=0; \
	$(BIN)/ruff check . || outcome=1; \
	$(BIN)/ruff format --check . || outcome=1; \
	$(BIN)/mypy || outcome=1; \
	$(BIN)/lint-imports || outcome=1; \
	$(BIN)/python scripts/lint_templates.py || outcome=1; \
	$(BIN)/python scripts/translations.py --check || outcome=1; \
	$(BIN)/python scripts/vendor.py --check || outcome=1; \
	node_modules/.bin/tsc || outcome=1; \
	exit $$outcome

.PHONY: format
format: $(DEVELOPING) ## let ruff lay out the Python
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

.PHONY: translations
translations: $(DEVELOPING) ## compile the Indonesian texts and say what is missing
	@$(BIN)/python scripts/translations.py

.PHONY: screens
screens: $(DEVELOPING) ## picture every page into screens/ (ARGS="--only observe" for some)
	@scripts/chromium.sh > /dev/null
	@$(BIN)/python -m scripts.screens $(ARGS)

.PHONY: bench
bench: $(DEVELOPING) ## measure what docs/performance.md promises (ARGS="--only tap" for some)
	@scripts/chromium.sh > /dev/null
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-sync
bench-sync: $(DEVELOPING) $(NODE) ## measure exchanging beside others (ARGS="--only observe" for some)
	@scripts/postgresql.sh > /dev/null
	@benchmarks/sync/peers.sh $(PYTHON)
	@$(BIN)/python -m benchmarks.sync $(ARGS)

.PHONY: clean
clean: ## remove what was built and installed here; records in var/ stay
	rm -rf $(VENV) node_modules benchmarks/node_modules benchmarks/sync/node_modules build dist screens *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(RUNNING): pyproject.toml scripts/venv.sh
	@scripts/venv.sh $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(DEVELOPING): pyproject.toml scripts/venv.sh
	@scripts/venv.sh $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $(RUNNING) $@

$(NODE): package.json package-lock.json scripts/node.sh
	@scripts/node.sh
	@npm install --no-audit --no-fund --loglevel=error
	@touch $@
