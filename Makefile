# Nothing but Python 3.11 or newer, pip and make is needed; everything else is installed into .venv.
# Another Python: make clean, then make PYTHON=python3.12 demo.
PYTHON ?= python3
SCENARIO ?= healthy
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SITE_READY := $(VENV)/.site-ready
DEMO = SENTINEL_DEMO_SECRET=made-up-for-the-demo $(BIN)/pytest --sentinel-config=examples/demo.toml \
	--sentinel-source=fake:$(SCENARIO)

.PHONY: demo test quick check format bench docs site locale report help clean

demo: $(READY) ## verify a made-up connection on the virtual tenant (SCENARIO=expired-secret breaks it)
	@$(DEMO)

test: $(READY) ## all tests
	@$(BIN)/pytest -n auto

quick: $(READY) ## the tests that take less than a second
	@$(BIN)/pytest -n auto -m "not slow"

check: $(READY) ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY) ## format and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## measure, as ratios, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks.run --write docs/benchmarks.md

docs: $(READY) ## write the generated pages of docs/
	@$(BIN)/python scripts/docs.py

site: $(SITE_READY) ## the documentation as a site in site/, with a page for each check and each cause
	@$(BIN)/python scripts/publish.py

locale: $(READY) ## bring the translations of the hand-back page up to its texts, and compile them
	@$(BIN)/python scripts/catalogues.py

report: $(READY) ## the demo, with its report written to reports/
	@$(DEMO) --sentinel-report=reports

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1	/' | expand -t 10

clean: ## remove what was installed and built
	@rm -rf $(VENV) dist build site reports .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "installing into $(VENV), once"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	@touch $(READY)

$(SITE_READY): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[docs]'
	@touch $(SITE_READY)
