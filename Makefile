# `make` lists what can be done. Everything happens in .venv; nothing else is touched.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export OMP_NUM_THREADS ?= 2

.PHONY: help run story screenshots test check fix parity bench drills soak fuzz audit sbom repro setup setup-dev clean

help: ## list what can be done
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

run: setup ## set up, simulate a history, train, serve the API at PORT (8000) and play live transfers
	@$(BIN)/antifraud demo $(if $(PORT),--port $(PORT))

story: setup ## one fraud between three banks, the police and a prosecution, on a server of its own
	@$(BIN)/antifraud story

screenshots: setup-dev ## shoot every page of the console, on a desk and a telephone, light and dark, into var/screenshots
	@$(BIN)/python -m tests.console.screenshots

test: setup-dev ## set up and run everything that .ci/run runs: format, lint, types, contracts, weaknesses, tests
	@bash .ci/check

check: test ## the same as test

fix: setup-dev ## put source into its one format, and mend what can be mended by itself
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .
	@$(BIN)/antifraud features --doc docs/features.md
	@$(BIN)/antifraud events --doc docs/events.md
	@$(BIN)/antifraud lives --doc docs/center.md
	@$(BIN)/antifraud settings --doc docs/settings.md
	@$(BIN)/python -m tests.benchmarks --page && $(BIN)/python -m tests.benchmarks.capacity
	@$(BIN)/python -W ignore -m tests.observing.metrics

parity: setup-dev ## 5,000 random streams through both engines and the oracle, and every mutant
	@HYPOTHESIS_PROFILE=parity $(BIN)/pytest -q -n auto --dist worksteal -o faulthandler_timeout=0 tests/parity

bench: setup-dev ## measure the targets table into docs/benchmarks.json and .md, and the table of capacity
	@$(BIN)/python -m tests.benchmarks && $(BIN)/python -m tests.benchmarks.capacity

drills: setup-dev ## break a running deployment in every way that is drilled; writes docs/drills.md
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.drills

soak: setup-dev ## load a deployment at 60 % of what it can for MINUTES (30), and write docs/soak.md: does anything become worse?
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.soak --minutes $(or $(MINUTES),30)

fuzz: setup-dev ## 20,000 requests made from the documentation: none fails, none is answered as it does not say
	@$(BIN)/python -W ignore -m tests.api.fuzz $(REQUESTS)

audit: setup-dev ## ask whether anything that serving installs has a known weakness
	@bash .ci/audit

sbom: setup-dev ## write a bill of materials (CycloneDX) of what serving installs into var/sbom.json
	@bash .ci/sbom var/sbom.json

repro: setup-dev ## from a history to a judged model: run again what changed (dvc)
	@[ -d .dvc ] || $(BIN)/dvc init --no-scm -q
	@DVC_NO_ANALYTICS=1 $(BIN)/dvc repro

setup: .venv/.runtime ## make .venv with what serving and training need

setup-dev: .venv/.dev ## make .venv with what tests, notebooks and tracking need besides

.venv/.runtime: requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) bash .ci/setup requirements.lock
	@touch $@

.venv/.dev: requirements-dev.lock pyproject.toml
	@PYTHON=$(PYTHON) bash .ci/setup requirements-dev.lock
	@touch .venv/.runtime $@

clean: ## remove .venv and everything that was made by running
	@rm -rf .venv var
