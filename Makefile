# lazpool: everything a newcomer or CI runs. `make help` lists it.
#
# The virtual environment .venv is made from nothing, and made anew when pyproject.toml has changed. Nothing outside
# the checkout is written. PYTHON=python3.12 chooses an interpreter.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

# Three stamps: the environment itself, lazpool in it, and the tools for developing in it.
MADE := $(VENV)/.made
RUN := $(VENV)/.run
DEV := $(VENV)/.dev

# An environment holds absolute paths: a moved checkout, or an upgraded system Python, needs a new one.
$(shell [ -x $(BIN)/python ] && [ "$$(cat $(MADE) 2>/dev/null)" = "$(CURDIR)" ] || rm -f $(MADE))

.PHONY: help demo test campaign recall kills soak bench lint docs docs-check docs-update clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUN) ## a hub, a driver and two passengers share one ride on this machine
	$(BIN)/lazpool demo

# The tests of a file stay on one worker, so that what a file sets up once is set up once.
WORKERS ?= 2

test: $(DEV) ## run the tests; ARGS="tests/test_x.py -k name" chooses among them
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

campaign: $(DEV) ## play rides with crashes and lost letters from many seeds; ARGS="--seeds 1000" plays more
	PYTHONPATH=. $(BIN)/python tests/simulation/campaign.py $(ARGS)

recall: $(DEV) ## compare matching with a brute force over many pairs of trips; ARGS="--pairs 100000" compares more
	PYTHONPATH=. $(BIN)/python tests/bench/recall.py $(ARGS)

kills: $(DEV) ## play KILLS (200) rides whose nodes are killed at random moments, from SEED (random)
	SEED="$${SEED:-$$(date +%N)}" KILLS="$${KILLS:-200}" $(BIN)/python -m pytest tests/process/test_kills.py -k whenever $(ARGS)

soak: $(DEV) ## twelve nodes ride for SOAK_MINUTES (4) through restarts, sleeps, partitions and attacks, from SEED
	PYTHONPATH=. $(BIN)/python tests/soak/soak.py

bench: $(DEV) ## measure, and print the figures
	$(BIN)/python tests/bench/run.py $(ARGS)

lint: $(DEV) docs-check ## style, types, architecture, spelling, vectors and generated pages; changes nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@# No test runs the benches: types tell when one names what has changed.
	MYPYPATH=tests/bench:. $(BIN)/mypy --explicit-package-bases --follow-imports=silent tests/bench
	MYPYPATH=examples $(BIN)/mypy --explicit-package-bases examples/*.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(if $(wildcard protocol/generate.py),$(BIN)/python protocol/generate.py --check)

# Pages hold blocks of generated text, written by cog. A page that no longer says what the program does fails.
COG := $(BIN)/python -m cogapp --verbosity=1
PAGES = $(shell grep -rlF '[[[cog' --include='*.md' README.md docs protocol 2>/dev/null)

docs-check: $(DEV) ## do the generated parts of the pages still say what the program does?
	$(if $(strip $(PAGES)),$(COG) --check --diff $(PAGES),@echo "no page holds a generated part yet")

docs-update: $(DEV) ## write the generated parts of the pages anew
	$(if $(strip $(PAGES)),$(COG) -r $(PAGES))

docs: $(DEV) ## build the pages as a web site in build/docs
	$(PIP) install --quiet --editable '.[docs]'
	$(BIN)/python -m sphinx --quiet --fail-on-warning docs build/docs
	@echo "build/docs/index.html"

clean: ## remove the environment and everything generated; no node's data is touched
	rm -rf $(VENV) build dist *.egg-info .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE): pyproject.toml
	@python=$$(PYTHON='$(PYTHON)' .ci/preflight) && echo "$$python -m venv --clear $(VENV)" \
		&& "$$python" -m venv --clear $(VENV)
	@printf '%s' '$(CURDIR)' > $@

$(RUN): $(MADE)
	$(PIP) install --quiet --editable .
	@touch $@

$(DEV): $(MADE)
	$(PIP) install --quiet --editable '.[dev]'
	@touch $(RUN) $@
