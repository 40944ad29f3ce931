# `make` lists the targets. PYTHON names the interpreter that builds the environment.
PYTHON ?= python3
VENV := .venv
# Lies beside the packages and is touched last, so an interrupted installation is resumed.
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-large lint docs lock clean

help: ## Prints the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED) ## Trains, samples, evaluates and exports on digits; prints the path of the report.
	$(VENV)/bin/python -m pipeline.local_runner --flagfile=configs/digits_pixelcnnpp.cfg --pipeline_root=runs/digits

test: $(INSTALLED) ## Runs the tests, except those marked large.
	$(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile

test-large: $(INSTALLED) ## Runs the tests marked large, which take minutes each.
	$(VENV)/bin/python -m pytest -m large --timeout=3600

lint: $(INSTALLED) ## Checks style and format with ruff.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

# MkDocs would print an announcement of its version 2, which setup.py excludes.
docs: $(DEV_INSTALLED) ## Builds the documentation site in build/site.
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --quiet --strict
	@echo "Open build/site/index.html."

# Keeps the pinned versions that setup.py still allows; `make lock UPGRADE=--upgrade`
# takes the newest ones. Without hashes for everything pip would refuse the file.
lock: ## Writes requirements.lock again from setup.py.
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) \
	  --extra=test --generate-hashes --allow-unsafe --strip-extras \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --output-file=requirements.lock setup.py

clean: ## Removes the environment, caches and build files; keeps runs/.
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
	find . -path ./runs -prune -o -name __pycache__ -prune -exec rm -rf {} +

# An environment of another Python is built anew; one of this Python is brought up to date.
$(INSTALLED): requirements.lock setup.py
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON); name a Python of 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot build environments; install its venv module (Debian: python3-venv)"; exit 1; }
	@test "$$($(PYTHON) -c 'import sys; print(sys.version)')" = \
	  "$$($(VENV)/bin/python -c 'import sys, pip; print(sys.version)' 2> /dev/null)" \
	  || $(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
