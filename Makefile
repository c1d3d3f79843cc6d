# Two commands on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := constraints/lock.txt
# The torch build that fits this machine: constraints/gpu.txt where an NVIDIA GPU answers, else cpu.txt.
TORCH := constraints/$(shell scripts/has-gpu && echo gpu || echo cpu).txt
# Elsewhere than on a machine whose pip already finds a CPU build: the index that pytorch.org names.
TORCH_INDEX ?=
SOURCES := llmauto agent tools prompts tests benchmarks examples

.PHONY: help demo test setup train lint types imports check format lock clean bench svg

help:  ## Show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.base  ## Set up and answer a question about examples/data/penguins.csv
	@printf '\n$$ llmauto ask "average body mass by species" examples/data/penguins.csv\n\n'
	@$(BIN)/llmauto ask "average body mass by species" examples/data/penguins.csv

setup: $(VENV)/.dev  ## Set up everything that the tests need, in .venv

test: $(VENV)/.dev  ## Set up and run the tests
	$(BIN)/python -m pytest -n 2

train: $(VENV)/.base  ## Add torch and the fine-tuning libraries, in the build that fits this machine
	@echo "torch: $(TORCH)"
	$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c $(LOCK) -c $(TORCH) -e '.[train]'

lint: $(VENV)/.dev  ## ruff: style and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/.dev  ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.dev  ## The import contract
	$(BIN)/lint-imports

check: lint types imports  ## All three

format: $(VENV)/.dev  ## Let ruff format and fix
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lock:  ## Write constraints/lock.txt anew from a fresh environment (torch stays out: see cpu.txt, gpu.txt)
	scripts/lock $(PYTHON) $(LOCK)

clean:  ## Remove the environment and caches
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "llmauto needs Python 3.11 or newer; name one with: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (a minute or two the first time) ..."
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.base: $(VENV)/bin/python pyproject.toml $(LOCK)
	$(PIP) -c $(LOCK) -e .
	@$(BIN)/python -m compileall -q llmauto agent tools prompts
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) -c $(LOCK) -e '.[dev]'
	@touch $@
