# `make` lists the targets. PYTHON is the interpreter that the environment is created with.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --quiet --disable-pip-version-check
# Stamps of what is installed: what `make run` needs, and what the other targets need as
# well. A stamp is touched last, so an interrupted installation is resumed.
INSTALLED := $(VENV)/.installed
DEV_INSTALLED := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-large lint docs lock install-gpu clean

help: ## Prints the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED) ## Trains, samples, evaluates and exports on digits; prints the path of the report.
	$(VENV)/bin/python -m pipeline.local_runner --flagfile=configs/digits_pixelcnnpp.cfg --pipeline_root=runs/digits

test: $(DEV_INSTALLED) ## Runs the tests, except those marked large.
	$(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile

test-large: $(DEV_INSTALLED) ## Runs the tests marked large, which take minutes each.
	$(VENV)/bin/python -m pytest -m large --timeout=3600

lint: $(DEV_INSTALLED) ## Checks style, format, types and the direction of imports.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# MkDocs would print an announcement of its version 2, which setup.py excludes.
docs: $(DEV_INSTALLED) ## Builds the documentation site in build/site.
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --quiet --strict
	@echo "Open build/site/index.html."

# Pinned versions are kept while setup.py allows them; `make lock UPGRADE=--upgrade` takes
# the newest ones. pip wants hashes for every package, setuptools too (--allow-unsafe).
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) \
  --generate-hashes --allow-unsafe --strip-extras \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: ## Writes the lock files from setup.py.
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet pip-tools
	$(COMPILE) --extra=pipeline --output-file=requirements.lock setup.py
	$(COMPILE) --extra=pipeline --extra=cluster --extra=dask --extra=demo --extra=docs --extra=test \
	  --constraint=requirements.lock \
	  --output-file=requirements-dev.lock setup.py
	$(COMPILE) --extra=pipeline --extra=gpu --constraint=requirements.lock \
	  --output-file=requirements-gpu.lock setup.py

install-gpu: $(INSTALLED) ## Adds NVIDIA's libraries to .venv and lists the GPUs that TensorFlow sees.
	$(PIP) install --require-hashes -r requirements-gpu.lock
	$(VENV)/bin/python -c 'import tensorflow as tf; print(tf.config.list_physical_devices("GPU") or "TensorFlow sees no GPU.")'

clean: ## Removes the environment, caches and build files; keeps runs/.
	rm -rf $(VENV) build dist *.egg-info .*_cache
	find . -path ./runs -prune -o -name __pycache__ -prune -exec rm -rf {} +

# An environment of another Python is replaced; one of this Python is brought up to date.
$(INSTALLED): requirements.lock setup.py
	@command -v $(PYTHON) > /dev/null || { \
	  echo "$(PYTHON) was not found; name a Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot build environments; install its venv module (Debian: python3-venv)"; exit 1; }
	@test "$$($(PYTHON) -c 'import sys; print(sys.version)')" = \
	  "$$($(VENV)/bin/python -c 'import sys, pip; print(sys.version)' 2> /dev/null)" \
	  || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_INSTALLED): requirements-dev.lock $(INSTALLED)
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
