# Tocsin needs git, make and Python 3.11 or newer (with venv). Everything else is
# installed here, into .tools and .venv, from files with pinned hashes.
#
#   make demo     set up, then run the exercise and write its report to out/demo
#   make test     set up, then run the tests
#
# PYTHON=/path/to/python3.x picks an interpreter; JOBS=4 uses more processes.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# Newest first; a name counts only if it starts and is 3.11 or newer.
PYTHONS ?= python3.14 python3.13 python3.12 python3.11 python3 python
PYTHON ?=
JOBS ?= 2
PYTEST_ARGS ?=
BENCH ?=

BIN := .venv/bin
UV := .tools/bin/uv
export UV_PYTHON_DOWNLOADS := never
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	--no-header

# A venv made with another Python is made anew.
venv = [ "$$($(1)/bin/python -V 2>&1)" = "$$(.tools/bin/python -V)" ] \
	|| $(UV) venv --quiet --clear --python .tools/bin/python $(1)

.PHONY: help
help: ## Show this list
	@echo "make demo and make test set up everything they need."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

# --- Environment ---------------------------------------------------------------------

.tools/ready: requirements/uv.txt
	@set -eu; \
	chosen=; \
	for name in $(or $(PYTHON),$(PYTHONS)); do \
	  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    >/dev/null 2>&1; then chosen=$$name; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
	  echo "Tocsin needs Python 3.11 or newer, and found none among:" \
	    "$(or $(PYTHON),$(PYTHONS))." >&2; \
	  echo "Install one (on Debian: apt install python3 python3-venv)," \
	    "or name it: make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; \
	fi; \
	echo "Setting up with $$("$$chosen" --version), $$chosen"; \
	rm -rf .tools; \
	if ! "$$chosen" -m venv .tools >.tools.log 2>&1; then \
	  cat .tools.log >&2; rm -rf .tools .tools.log; \
	  echo "This Python cannot make a virtual environment." >&2; \
	  echo "On Debian: apt install python3-venv" >&2; \
	  exit 1; \
	fi; \
	rm -f .tools.log; \
	.tools/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --only-binary :all: -r requirements/uv.txt; \
	touch $@

# A changed lock or project file brings the environment up to date; else nothing runs.
.venv/ready: .tools/ready requirements/dev.txt pyproject.toml
	@echo "Building .venv from requirements/dev.txt"
	@$(call venv,.venv)
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes \
	  requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	  --editable .
	@touch $@

.venv-bench/ready: .tools/ready requirements/bench.txt pyproject.toml
	@echo "Building .venv-bench from requirements/bench.txt"
	@$(call venv,.venv-bench)
	@$(UV) pip sync --quiet --python .venv-bench/bin/python --require-hashes \
	  requirements/bench.txt
	@$(UV) pip install --quiet --python .venv-bench/bin/python --no-deps \
	  --no-build-isolation --editable .
	@touch $@

.PHONY: env
env: .venv/ready ## Build or update .venv

# --- Use -----------------------------------------------------------------------------

.PHONY: demo
demo: .venv/ready ## Run the exercise and write its report to out/demo
	$(BIN)/tocsin demo --out out/demo

# --- Checks --------------------------------------------------------------------------

.PHONY: test
test: .venv/ready ## Run the tests
	$(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

.PHONY: lint
lint: .venv/ready ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: fix
fix: .venv/ready ## Repair what ruff can repair, and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: types
types: .venv/ready ## Check types (mypy --strict)
	$(BIN)/mypy

.PHONY: contracts
contracts: .venv/ready ## Check which room imports which
	$(BIN)/lint-imports

.PHONY: docs
docs: .venv/ready ## Build the documentation into docs/_build
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

.PHONY: reference
reference: .venv/ready ## Refresh the tables of docs/reference from the code
	$(BIN)/python docs/refresh.py

.PHONY: check
check: lint types contracts docs test ## Lint, types, contracts, docs and test

.PHONY: bench
bench: .venv-bench/ready ## Run the benchmarks beside their peers (BENCH=name for one)
	.venv-bench/bin/python -m benchmarks $(BENCH)

# --- Upkeep --------------------------------------------------------------------------

.PHONY: lock
lock: .tools/ready ## Refresh the locked requirements (UPGRADE=1 for newer versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml \
	  --group dev --group docs --output-file requirements/dev.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml \
	  --group dev --group bench --constraints requirements/dev.txt \
	  --output-file requirements/bench.txt

.PHONY: clean
clean: ## Remove what make has built, results included
	rm -rf .tools .venv .venv-bench .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache docs/_build dist out
