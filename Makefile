# What a person does with this repository. Everything is installed into .venv beside the code; a stamp file per kind of
# installation remembers that it was done, so the second `make demo` starts at once.

PYTHON ?= python3
NIGHTS ?= 31
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.installed-runtime
DEVELOP := $(VENV)/.installed-develop
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo venv test test-live lint bench bench-setlist fixtures clean

help:
	@echo "make demo      install what the program needs and watch it name a concert's songs (no torch)"
	@echo "make venv      install everything, for development and training"
	@echo "make test      ruff, mypy and the tests, with coverage"
	@echo "make test-live run the long tests of the live daemon, in real time"
	@echo "make lint      ruff and mypy only"
	@echo "make bench     run the benchmarks that need no data"
	@echo "make bench-setlist DATA=... SOUNDFONTS=...  render 31 nights as sound (an hour) and follow them"
	@echo "make fixtures  build the fixture audio again"
	@echo "make clean     remove caches and build folders"

demo: $(RUNTIME)
	$(BIN)/livecsi demo

venv: $(DEVELOP)

test: $(DEVELOP) lint
	$(BIN)/python -m pytest --cov=livecsi --cov-report=term:skip-covered --cov-fail-under=85

test-live: $(DEVELOP)
	$(BIN)/python -m pytest -m live

lint: $(DEVELOP)
	$(BIN)/ruff check .
	$(BIN)/mypy -p livecsi -p fixtures -p benchmarks

bench: $(DEVELOP)
	$(BIN)/python -m benchmarks.replay_speed
	$(BIN)/python -m benchmarks.matching_cost
	$(BIN)/python -m benchmarks.live_latency
	$(BIN)/python -m benchmarks.live_cost

bench-setlist: $(DEVELOP)
	$(BIN)/python -m benchmarks.night_audio --data $(DATA) --soundfonts $(SOUNDFONTS) --out runs/nights --nights $(NIGHTS)
	$(BIN)/python -m benchmarks.setlist --nights runs/nights

fixtures: $(DEVELOP)
	$(BIN)/python -m fixtures.build

clean:
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .coverage .coverage.*
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(BIN)/python:
	scripts/system-packages
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "livecsi needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): pyproject.toml | $(BIN)/python
	scripts/system-packages
	$(PIP) -e .
	touch $@

# torch first and alone: asked for together with the rest, pip may choose a build that pulls gigabytes of CUDA packages.
$(DEVELOP): pyproject.toml | $(BIN)/python
	scripts/system-packages --develop
	$(PIP) torch==2.13.0
	$(PIP) -e '.[train,compare,web,test]'
	touch $(RUNTIME) $@
