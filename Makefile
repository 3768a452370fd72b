# All commands on one page. `make demo` and `make test` are the two that the README names.
# Everything is installed into .venv; nothing outside the clone is touched but what `make test` may install with apt-get.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8888
BROWSER ?= default
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

FRONT := runicorn_jupyter/static/widget.js
FRONT_SOURCES := $(shell find labextension/src labextension/schema labextension/scripts labextension/style -type f 2>/dev/null) \
	labextension/package.json labextension/yarn.lock labextension/tsconfig.json

.PHONY: help
help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

.PHONY: demo
demo: $(VENV)/.demo  ## train real models, run the quickstart notebook on them, open JupyterLab (PORT=8888 BROWSER=none)
	@exec python examples/demo.py --port $(PORT) --browser "$(BROWSER)"

.PHONY: test
test: $(VENV)/.test  ## lint, types, every test (real browser and sshd included), and a wheel in a clean environment
	@scripts/system-parts.sh
	@$(MAKE) --no-print-directory lint types
	cd labextension && jlpm test
	python -m pytest $$(scripts/system-parts.sh --select) $(PYTEST)

.PHONY: harden
harden: $(VENV)/.test  ## 20,000 requests made at random against both servers
	RUNICORN_EXAMPLES=20000 python -m pytest -q --timeout=3600 tests/server/test_schemathesis.py

.PHONY: lint
lint: $(VENV)/.test  ## what a machine can say about style
	ruff check . && ruff format --check .
	cd labextension && jlpm lint:check

.PHONY: types
types: $(VENV)/.test  ## mypy strict, tsc strict
	mypy
	cd labextension && jlpm tsc --noEmit

.PHONY: format
format: $(VENV)/.test  ## let the machines format everything
	ruff check --fix . && ruff format .
	cd labextension && jlpm lint

.PHONY: frontend
frontend: $(FRONT)  ## build the prebuilt extension, the widget and the page

.PHONY: build
build: $(VENV)/.test  ## sdist and wheel in dist/, from the committed state only
	scripts/build.sh dist

.PHONY: bench
bench: $(VENV)/.test  ## side by side with all peers, writes docs/benchmarks.md (ROW=curve,page only those rows)
	@python -m benchmarks --write $(if $(ROW),--row $(ROW))

.PHONY: bench-quick
bench-quick: $(VENV)/.test  ## side by side with upstream only, in minutes, prints
	@python -m benchmarks --quick $(if $(ROW),--row $(ROW))

.PHONY: docs
docs:  ## where the documents are
	@ls README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md

.PHONY: docs-api
docs-api: $(VENV)/.test  ## write the table of addresses in docs/http.md anew
	python scripts/api_table.py

.PHONY: clean
clean:  ## forget the environment and all that was built
	rm -rf $(VENV) demo dist test-artifacts labextension/node_modules labextension/lib runicorn_jupyter/static runicorn_jupyter/labextension

# --- what the above stand on -------------------------------------------------

$(VENV)/.tools:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	uv pip install --quiet "jupyter-builder>=1.3,<2"
	@scripts/node.sh
	@touch $@

labextension/node_modules/.yarn-state.yml: $(VENV)/.tools labextension/package.json labextension/yarn.lock
	cd labextension && jlpm install --immutable
	@touch $@

$(FRONT): labextension/node_modules/.yarn-state.yml $(FRONT_SOURCES)
	cd labextension && jlpm build:prod
	@touch $@

# The front end is built before the package is installed: an editable install copies it to share/jupyter.
$(VENV)/.demo: $(FRONT) pyproject.toml
	uv pip install --quiet --editable ".[demo]"
	@touch $@

$(VENV)/.test: $(FRONT) pyproject.toml
	uv pip install --quiet --editable ".[demo,test]"
	@touch $@ $(VENV)/.demo
