# Two commands matter on a fresh machine: `make demo` and `make test`. Each makes all it needs, system packages too.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# A shell that forbids compiled modules would have every process compile every library anew.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STATIC := src/itda/console/static/manifest.json
FRONTEND := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help demo test test-nightly setup check bench bench-identity bench-trust soak audit sbom lock clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo $(STATIC) ## Start a shop with real purchases on http://127.0.0.1:8400 (ONCE=1: process all, print a summary, stop)
	@$(BIN)/python -m demo

# One more than the two cores it is meant for: some tests wait for a browser, or for who was killed.
test: setup ## Run the whole suite
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-nightly: setup ## Run the laws with their large budget
	@ITDA_HYPOTHESIS=nightly $(BIN)/python -m pytest tests/laws --timeout 7200

setup: $(VENV)/.dev $(STATIC) $(VENV)/.node ## Make the environment for work and tests
	@scripts/system-packages chromium fonts-noto-cjk libatomic1 mariadb-server-core openssh-server

check: setup ## Lint, types, import contracts, docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest tests/house

bench: setup ## Measure; nothing else should run
	@$(BIN)/python -m bench

bench-identity: setup build/peers/.made ## Compare matching with Splink and goldenmatch (DATA=folder of record sets, SETS=, TOOLS=, SYNTHETIC=, OUT=file)
	@$(BIN)/python -m bench.identity $(if $(DATA),--data $(DATA)) $(if $(SETS),--sets $(SETS)) $(if $(TOOLS),--tools $(TOOLS)) $(if $(SYNTHETIC),--synthetic $(SYNTHETIC)) $(if $(OUT),--out $(OUT))

bench-trust: setup ## Measure what trust costs: erasure, sealing, the gate, the access log
	@$(BIN)/python -m bench.trust

soak: setup ## Kill every process under load, 50 times
	@$(BIN)/python -m bench.soak

audit: setup ## Ask whether a pinned dependency has a known weakness (needs the advisory service of the package index)
	@$(BIN)/pip-audit --require-hashes --disable-pip --strict --progress-spinner off -r locks/run.lock

sbom: setup ## Write what the product is made of to build/sbom.json (CycloneDX)
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements locks/run.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json 2>/dev/null
	@echo build/sbom.json

lock: $(VENV)/.uv ## Pin everything again, with hashes
	@scripts/lock $(BIN)/uv

clean: ## Remove what was made (never a workspace)
	@rm -rf $(VENV) build dist src/itda/console/static frontend/node_modules tests/node/node_modules

$(VENV)/.uv: locks/bootstrap.lock
	@scripts/make-venv $(PYTHON) $(VENV)
	@$(BIN)/pip install -q --require-hashes -r locks/bootstrap.lock
	@touch $@

$(VENV)/.demo: $(VENV)/.uv locks/demo.lock pyproject.toml
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r locks/demo.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.uv locks/dev.lock pyproject.toml
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r locks/dev.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

# Others' matchers, in an environment of their own. One that cannot be installed is told by the bench, not hidden.
build/peers/.made: $(VENV)/.uv locks/bench.lock locks/febrl.lock
	@$(BIN)/uv venv -q --clear --python $(BIN)/python build/peers
	@$(BIN)/uv pip install -q --python build/peers/bin/python --require-hashes -r locks/bench.lock \
	&& $(BIN)/uv pip install -q --python build/peers/bin/python --require-hashes --no-deps -r locks/febrl.lock \
	&& touch $@ || echo "what could not be installed is left out" >&2

# Console assets: built from the npm lock file by Node.js, from PATH or from its wheel.
$(STATIC): $(VENV)/.demo $(FRONTEND)
	@$(BIN)/python frontend/build.py
	@touch $@

# Other vendors' Node.js clients, which the tests run against our door.
$(VENV)/.node: $(VENV)/.dev tests/node/package-lock.json
	@$(BIN)/python scripts/npm.py ci tests/node
	@touch $@
