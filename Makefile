# walkdown: `make inspect` to see it work, `make test` to see that it does. Both make the environment first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= runs/demo
ARGS ?=

# The first interpreter of version 3.11 or later; empty where there is none.
PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$name; break; }; done)

# A change of what is needed makes the environment again; another checkout on the same one is only linked anew.
FINGERPRINT := $(shell cat pyproject.toml constraints.txt | sha256sum | cut -c1-16)
INSTALLED := $(VENV)/.stamp-$(FINGERPRINT)
LINKED := $(VENV)/.checkout

.PHONY: help env inspect inspect-line test check format bench FORCE

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

env: $(LINKED) ## Make the environment in $(VENV), or bring it up to date

inspect: env ## Simulate a short drive, inspect it, print the report's path
	@$(BIN)/walkdown simulate road --out $(DEMO) --seed 7 --signs 10 --signals 5
	@$(BIN)/walkdown inspect $(DEMO)/drive.mp4 --telemetry $(DEMO)/drive.gpx --camera $(DEMO)/camera.toml \
		--site $(DEMO)/site.toml --out $(DEMO)/report $(ARGS)

inspect-line: env ## Simulate a factory line, learn its equipment's states, inspect it, print the report's path
	@$(BIN)/walkdown simulate line --out $(DEMO)/line --seed 4 --parts 12
	@$(BIN)/walkdown train state --station S2 --crop 29,5,144,87 --state closed=$(DEMO)/line/states/closed \
		--state open=$(DEMO)/line/states/open --out $(DEMO)/line/guard.state.npz >&2
	@$(BIN)/walkdown inspect $(DEMO)/line/line.mp4 --site $(DEMO)/line/plant.toml --out $(DEMO)/line/report $(ARGS)

test: env ## Run the tests (ARGS="-k gpx" to choose)
	@$(BIN)/python -m pytest $(ARGS)

check: env ## Formatting, lint, types, and who imports whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: env ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: env ## Time walkdown against `yolo predict` on the same clip
	@$(BIN)/python -m benchmarks.inspect_speed $(ARGS)

$(INSTALLED):
	@test -n "$(PYTHON)" || { echo "walkdown needs Python 3.11 or later: install it, or name one with make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) can't make environments: install its venv package (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 2; }
	@echo "Making the environment in $(VENV): the first time takes several minutes" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.14.1 torchvision==0.29.1 >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,postgres]' >&2
	@$(BIN)/python -c 'import cv2' 2>/dev/null || { echo "OpenCV lacks system libraries: install them (Debian, Ubuntu: apt-get install libgl1 libglib2.0-0)" >&2; exit 2; }
	@rm -f $(VENV)/.stamp-*
	@pwd > $(LINKED)
	@touch $@

# Only where another checkout's packages are linked in this environment.
$(LINKED): $(INSTALLED) FORCE
	@test "$$(cat $@ 2>/dev/null)" = "$$(pwd)" || { \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . >&2; pwd > $@; }
