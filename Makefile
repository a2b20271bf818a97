# `make demo` and `make test` each work as the first command in a fresh clone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_OUTPUT := demo_output
# a window on a virtual display would wait for somebody who cannot see it
DEMO_WINDOW := $(if $(DISPLAY)$(WAYLAND_DISPLAY),auto,closed)

.PHONY: help demo test lint pyside6 docs bench clean

help:
	@echo "make demo   measure the sample subjects and show the result (results in $(DEMO_OUTPUT)/)"
	@echo "make test   run every check: style, types, fences, tests"
	@echo "make lint   run the checks that need no tests: style, types, fences"
	@echo "make pyside6 drive the demo's window with PySide6 in place of PyQt6"
	@echo "make bench  print every goal of speed beside what others reach (BENCH='--gib 1 --only limit' for less)"
	@echo "make docs   build the documentation into site/"
	@echo "make clean  remove what was built and measured, and the environment"

$(READY): pyproject.toml tools/prepare_environment.sh
	@tools/prepare_environment.sh $(VENV)
	@touch $@

demo: $(READY)
	@tools/prepare_display.sh $(VENV)
	@tools/with_display.sh $(BIN)/hipspine demo --out $(DEMO_OUTPUT) --window $(DEMO_WINDOW)

# lint-imports without its cache, which does not notice a module that has come since
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache

test: lint
	@tools/prepare_display.sh $(VENV) virtual
	$(BIN)/npe2 validate --imports napari-hipspine
	@tools/try_pyside6.sh $(VENV)
	QT_QPA_PLATFORM=xcb $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup

pyside6: $(READY)
	@tools/prepare_display.sh $(VENV) virtual
	@tools/try_pyside6.sh $(VENV)

bench: $(READY)
	@$(BIN)/python -m pip install --quiet --group bench
	@tools/prepare_display.sh $(VENV)
	@tools/with_display.sh $(BIN)/python tests/benchmarks/bench_all.py --page docs/explanation/performance.md $(BENCH)

docs: $(READY)
	@$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) $(DEMO_OUTPUT) benchmark_output build dist site
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
