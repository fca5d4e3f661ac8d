# Only Python 3.11 or newer, pip and make are required; everything else is installed into .venv.
# To use another Python: make clean, then make PYTHON=python3.12 demo.
PYTHON ?= python3
SCENARIO ?= healthy
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The demo needs only the plugin: it has a separate environment, unless the environment of the tests exists.
DEMO_VENV := $(if $(wildcard $(READY)),$(VENV),.venv-demo)
CLIENTS := .venv-clients
CLI := .venv-cli
PLUGINS := .venv-plugins
SITE_READY := $(VENV)/.site-ready
SECRET := SENTINEL_DEMO_SECRET=made-up-for-the-demo
DEMO = $(SECRET) $(DEMO_VENV)/bin/pytest --noconftest --sentinel-config=examples/demo.toml --sentinel-source=fake:$(SCENARIO)
# With a requested fault, exit codes 1 (does not work) and 6 (unclear) are expected, and not an error of make.
ASKED = || { code=$$?; [ "$(SCENARIO)" != healthy ] && { [ $$code = 1 ] || [ $$code = 6 ]; } \
	&& echo "(again: export $(SECRET) first)"; }

# Create the virtual environment $(1) with the extra $(2), in the tested versions of the files $(3). Modules are compiled when they are used:
# msgraph-sdk has 17,000, of which a handful are used.
define install
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@printf 'installing into $(1), once '
	@$(PYTHON) -m venv --clear $(1)
	@{ $(1)/bin/python -m pip install --disable-pip-version-check --no-compile --progress-bar=off \
		$(addprefix -c ,$(3)) -e '.$(if $(2),[$(2)])' && touch $@; } | awk '/^(Collecting|Install)/ { printf "."; fflush() }'
	@echo; test -e $@
endef

.PHONY: demo test test-clients test-cli test-plugins test-versions agreement quick check format bench bench-against bench-fleet bench-fleet-quick docs golden site locale cassettes report help clean

demo: $(DEMO_VENV)/.ready ## verify a made-up connection on the virtual tenant (SCENARIO=expired-secret breaks it)
	@$(DEMO) $(ASKED)

test: $(READY) ## all tests
	@$(BIN)/pytest -n auto --dist worksteal --durations=40 --durations-min=4

test-clients: $(CLIENTS)/.ready ## unmodified clients of the services, on the virtual tenant
	@$(CLIENTS)/bin/pytest tests/clients

test-plugins: $(PLUGINS)/.ready ## other plugins of pytest beside the suite, each in an environment of its own
	@$(PLUGINS)/bin/python -m scripts.plugins

test-versions: $(PLUGINS)/.ready ## the demo with the lowest declared versions, and quick tests with every Python of this machine
	@$(PLUGINS)/bin/python -m scripts.versions

agreement: $(CLIENTS)/.ready ## asks those clients in every scenario, and writes tests/clients/agreement.json
	@$(CLIENTS)/bin/python -m scripts.agreement

test-cli: $(CLI)/.ready ## the commands of all fixes, by the real Azure CLI on the virtual tenant
	@$(CLI)/bin/pytest tests/cli

quick: $(READY) ## the tests that take less than a second
	@$(BIN)/pytest -n auto --dist worksteal -m "not slow"

check: $(READY) ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY) ## format, and fix what can be fixed automatically
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY) ## measure, as ratios, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks.run --write docs/benchmarks.md

bench-against: $(READY) ## measure beside another commit, in turns: make bench-against COMMIT=0cb4ef3
	@$(BIN)/python -m benchmarks.against $(COMMIT) --write docs/benchmarks.md

bench-fleet: $(READY) ## measure many connections, and write docs/benchmarks.md and docs/scale.md (half an hour)
	@$(BIN)/python -m benchmarks.fleet --write docs/benchmarks.md
	@$(BIN)/python -m benchmarks.simulate --write docs/scale.md

bench-fleet-quick: $(READY) ## the same with small fleets, written nowhere (two minutes)
	@$(BIN)/python -m benchmarks.fleet --quick

docs: $(READY) ## write the generated pages of docs/, and its pictures where Chromium is
	@$(BIN)/python -m scripts.docs
	@$(BIN)/python -m scripts.pictures

golden: $(READY) ## write anew what readers see at the terminal, to the letter: read the difference
	@SENTINEL_WRITE_GOLDEN=1 $(BIN)/pytest -q tests/report/test_terminal.py tests/fleet/test_overview.py tests/fleet/test_trend.py

site: $(SITE_READY) ## the documentation as a site in site/, with a page for each check and each cause
	@$(BIN)/python -m scripts.publish

locale: $(READY) ## bring the translations of the hand-back page up to its texts, and compile them
	@$(BIN)/python -m scripts.catalogues

cassettes: $(READY) ## record the cassettes that come with the suite, and write their index
	@$(BIN)/python -m scripts.cassettes
	@$(BIN)/python -m scripts.docs

report: $(DEMO_VENV)/.ready ## the demo, with its report written to reports/
	@$(DEMO) --sentinel-report=reports $(ASKED)

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1	/' | expand -t 14

clean: ## remove what was installed and built
	@rm -rf $(VENV) .venv-demo $(CLIENTS) $(CLI) $(PLUGINS) dist build site reports .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml requirements.lock
	$(call install,$(VENV),dev,requirements.lock requirements-clients.lock)

.venv-demo/.ready: pyproject.toml requirements.lock
	$(call install,.venv-demo,,requirements.lock)

$(CLIENTS)/.ready: pyproject.toml requirements.lock requirements-clients.lock
	$(call install,$(CLIENTS),clients,requirements.lock requirements-clients.lock)

$(CLI)/.ready: pyproject.toml requirements-cli.lock
	$(call install,$(CLI),cli,requirements-cli.lock)

$(PLUGINS)/.ready: pyproject.toml requirements.lock
	$(call install,$(PLUGINS),plugins,requirements.lock)

$(SITE_READY): $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[docs]'
	@touch $(SITE_READY)
