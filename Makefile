# Needs Python 3.11 or newer with pip and venv, and make. `make help` lists what it can do.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Handed on to what a target runs: make app ARGS="--port 7861", make test ARGS="-k citations".
ARGS   ?=

MADE        := $(VENV)/.made
APP_READY   := $(VENV)/.app-ready
DEV_READY   := $(VENV)/.dev-ready
BENCH_READY := $(VENV)/.bench-ready
RENEWAL     := $(VENV)-renewal
PROVIDERS   := anthropic,google,groq,mistral,ollama,openai
INSTALL     := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help app test lint format bench compare screenshots constraints clean

help: ## what make can do here
	@echo 'Options are handed on: make app ARGS="--port 7861"'
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

app: $(APP_READY) ## the chat in a browser; app.py builds the index first if there is none
	@$(BIN)/python app.py $(ARGS)

test: $(DEV_READY) ## every test
	@$(BIN)/python -m pytest $(ARGS)

lint: $(DEV_READY) ## ruff's rules and format, mypy's types, the Containerfile
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/hadolint Containerfile

format: $(DEV_READY) ## mend what ruff can mend by itself
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format

compare: $(APP_READY) ## what got slower between two commits: ARGS="BEFORE [AFTER]"
	@$(BIN)/python -m bench.compare $(ARGS)

screenshots: $(DEV_READY) ## the pictures in docs/images/; ARGS="--every DIR" writes every state of the page there
	@$(BIN)/python -m bench.screenshots $(ARGS)

bench: $(BENCH_READY) ## bench/REPORT.md: Crossroads beside its peers, measured in hours; ARGS="--small" tries it
	@$(BIN)/python -m bench.everything $(ARGS)

clean: ## remove the environment and the caches; indexes and reports stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results build dist
	find . -name __pycache__ -type d -not -path './.git/*' -exec rm -rf {} +

# Each stamp is newer than the files it depends on exactly while what they ask for is installed.
$(APP_READY): pyproject.toml constraints.txt | $(MADE)
	$(INSTALL) -c constraints.txt -e .
	@touch $@

$(DEV_READY): pyproject.toml constraints.txt | $(MADE)
	$(INSTALL) -c constraints.txt -e ".[dev]"
	@touch $(APP_READY) $@

# With the extra of the tests too: theirs is the language model that is measured with.
$(BENCH_READY): pyproject.toml constraints.txt | $(MADE)
	$(INSTALL) -c constraints.txt -e ".[dev,peers]"
	@touch $(APP_READY) $(DEV_READY) $@

# A stamp again, not bin/python: an attempt that was interrupted is taken up, not mistaken for an environment.
$(MADE):
	@command -v $(PYTHON) > /dev/null || { \
		echo "There is no $(PYTHON) here. Install Python 3.11 or newer, or name yours: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), and Crossroads needs 3.11 or newer." \
		"Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Making the environment in $(VENV) and installing what Crossroads needs: a few minutes, once."
	@$(PYTHON) -m venv $(VENV) || { \
		echo "The environment could not be made. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# torch stays at its pin: another version is a decision, not a renewal. What torch's CUDA build asks for by exact
# number (nvidia-…, cuda-…, triton) is left to it, so that the same pins serve machines with and without a GPU.
constraints: ## renew constraints.txt: the newest versions that pyproject.toml allows
	rm -rf $(RENEWAL)
	$(PYTHON) -m venv $(RENEWAL)
	$(RENEWAL)/bin/python -m pip install --quiet --disable-pip-version-check "$$(grep '^torch==' constraints.txt)" -e ".[dev,peers,$(PROVIDERS)]"
	{ sed '/^[^#]/,$$d' constraints.txt; \
	  $(RENEWAL)/bin/python -m pip freeze --all --exclude-editable --exclude pip --exclude wheel \
	  | grep -vE '^(nvidia|cuda|triton)' | sed -E 's/\+[a-z0-9.]+$$//'; } > $(RENEWAL)/constraints.txt
	mv $(RENEWAL)/constraints.txt constraints.txt
	rm -rf $(RENEWAL)
