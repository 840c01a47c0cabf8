# `make demo` shows Engine at work, `make test` runs its tests. Both need Python 3.11 or later and make, nothing else.
# Another interpreter: make test PYTHON=/path/to/python3.12. Another virtual environment: make test VENV=/tmp/engine.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# The oldest supported version first: it is the one that everything has to work on.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo "$$python"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2

PLUGINS := sandbox twilio phonenumbers shortlinks mms
PINS := requirements.txt constraints.txt pyproject.toml $(wildcard plugins/*/pyproject.toml)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test conversations check lint types layers workflows format docs snapshots slow bench constraints clean

help: ## List what make can do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.installed ## Install Engine and watch it deliver messages on the sandbox
	@$(BIN)/engine demo

test: $(VENV)/.installed-dev ## Run every test but the slow ones
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

conversations: $(VENV)/.installed ## Play the example's conversation tests
	$(BIN)/engine test --coverage-min 100

slow: $(VENV)/.installed-dev ## Run the fault and load tests, minutes long
	$(BIN)/python -m pytest -m slow $(ARGS)

check: lint types layers workflows ## Everything that reads the code without running it

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed-dev
	$(BIN)/mypy engine $(foreach plugin,$(PLUGINS),plugins/$(plugin)/engine_$(plugin)) benchmarks docs conftest.py
	$(BIN)/mypy tests
	for plugin in $(PLUGINS); do $(BIN)/mypy "plugins/$$plugin/tests"; done

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports --no-cache

workflows: $(VENV)/.installed-dev
	$(BIN)/zizmor --offline --no-progress --quiet --persona=pedantic .github action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml

format: $(VENV)/.installed-dev ## Write the code in its canonical form
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

docs: $(VENV)/.installed-dev ## Write the reference pages anew, from the code
	$(BIN)/python docs/generate.py

snapshots: $(VENV)/.installed-dev ## Accept what the example's templates say now
	$(BIN)/python -m pytest tests/example --snapshot-update

bench: $(VENV)/.installed-dev ## Measure start-up, validation and delivery against their peers
	$(BIN)/python -m benchmarks.report

constraints: ## Pin the newest versions of everything, from an empty environment
	rm -rf build/pins
	$(PYTHON) -m venv build/pins
	build/pins/bin/pip install --quiet $(shell grep '^-e' requirements.txt) $(shell grep -v '^[-#]' requirements-dev.txt)
	{ echo '# Exact versions of everything, from an empty environment: make constraints'; \
	  build/pins/bin/pip freeze --exclude-editable | LC_ALL=C sort -f; } > constraints.txt
	rm -rf build/pins

clean: ## Remove what make and the tools have made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Engine needs Python 3.11 or later, with venv: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Engine needs Python 3.11 or later" >&2; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@"$(PYTHON)" -m venv $(VENV)

$(VENV)/.installed: $(PINS) | $(BIN)/python
	@echo "installing Engine and its plugins into $(VENV)"
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "installing what the checks and tests need into $(VENV)"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@
