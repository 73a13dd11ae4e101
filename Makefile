# JobHunter: `make demo` runs the main job on a real Kubernetes, `make test` passes the tests. Both set up all they need.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := PYTHONPATH=dev $(PYTHON) -m jobhunter_dev
PYTEST_ARGS ?=

.PHONY: help
help: ## List every target
	@awk -F ':.*## ' '/^[a-z][a-zA-Z_-]*:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Apply for a job: cluster, images, chart, one application from manifest to Submitted (CLUSTER=current: your own cluster)
	@PYTHONPATH=dev $(PYTHON) -m jobhunter_dev.demo $(DEMO_ARGS)

.PHONY: test
test: ## Everything: lint, unit, parts, chart, and the journey on the real cluster
	@PYTHONPATH=dev $(PYTHON) -m jobhunter_dev.testing $(PYTEST_ARGS)

.PHONY: lint
lint: $(VENV)/ready ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: unit
unit: $(VENV)/ready test-packages ## The tests that need no cluster
	$(BIN)/python -m pytest -m "not journey and not cluster" $(PYTEST_ARGS)

.PHONY: bench
bench: $(VENV)/ready test-packages ## The figures, beside the peers' (docs/BENCHMARKS.md says how they were measured; BENCH_ARGS="cold memory": those alone)
	@PYTHONPATH=dev:tests/sites:tests/servers $(BIN)/python tests/bench/run.py $(BENCH_ARGS)

.PHONY: screenshots
screenshots: $(VENV)/ready test-packages ## Take the dashboard's pictures anew, into docs/pictures (needs the cluster of `make cluster-up`)
	@PYTHONPATH=dev $(BIN)/python -m jobhunter_dev.screenshots

.PHONY: venv
venv: $(VENV)/ready ## The virtual environment with pinned dependencies

$(VENV)/ready: requirements/dev.txt pyproject.toml
	@PYTHONPATH=dev $(PYTHON) -m jobhunter_dev.environment

.PHONY: test-packages
test-packages: ## The Debian packages that tests, figures and pictures need on the host: a browser, fonts, a database server
	@$(DEV) test-packages

.PHONY: cluster-up
cluster-up: ## Start (or reuse) the local cluster with the images in it
	@$(DEV) up

.PHONY: cluster-down
cluster-down: ## End the local cluster; what was built stays
	@$(DEV) down

.PHONY: images
images: ## Build the images that changed and bring them into the cluster
	@$(DEV) images

.PHONY: install
install: ## After a change: build the images that changed and install the chart with them
	@$(DEV) install

.PHONY: env
env: ## Print the exports with which a shell reaches the local cluster, to be evaluated by it
	@$(DEV) env

.PHONY: doctor
doctor: ## Say what this machine lacks
	@$(DEV) doctor

.PHONY: generate
generate: $(VENV)/ready ## Write the generated files: the CRD's YAML, the OpenAPI document
	$(BIN)/python -m jobhunter_contracts.crd crds charts/jobhunter/crds
	$(BIN)/python -m jobhunter_gateway openapi docs/openapi.json

.PHONY: lock
lock: ## Pin the dependencies anew (needs uv)
	dev/lock.sh

.PHONY: clean
clean: ## End the cluster, remove what was built and the virtual environment
	@$(DEV) clean
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
