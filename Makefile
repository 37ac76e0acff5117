.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
# One more than cores: the tests on real servers mostly wait.
WORKERS ?= $(shell expr $$(nproc) + 1)
# vLLM's own board for comparison, where a copy of it lies beside the checkout.
PEER ?= $(firstword $(wildcard ../shared/data/peers/*/dashboards/*/performance_statistics.json))
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: help setup tools demo test check golden mutants bench build lint web clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## virtual environment and Python packages

# The repository runs from its checkout; only what pyproject.toml names is installed.
$(READY): pyproject.toml stack/bootstrap.py
	$(PYTHON) stack/bootstrap.py

tools: setup ## Prometheus and Alertmanager in .tools, if the machine has none
	$(RUN) -m stack.components

demo: tools ## the whole thing on this machine, until Ctrl-C; CHECK=1 ends after the first alert, SCENARIO=saturated and others show trouble
	$(RUN) -m stack.demo $(if $(CHECK),--check) $(if $(SCENARIO),--scenario $(SCENARIO))

check: setup ## format, lint and types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

test: check tools ## everything that a change must pass
	$(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile

golden: setup ## renew tests/golden, the compiled files that reviewers read, and test it
	$(RUN) deploy.py build --out tests/golden
	$(RUN) -m pytest --quiet tests/unit/pipeline/test_golden.py

mutants: tools ## make small faults in every rule and see that its tests notice; ONLY=name for some rules
	$(RUN) -m tests.mutation.run $(if $(ONLY),--only '$(ONLY)')

bench: tools ## speed, size and load, as tables, in about five minutes; PEER=FILE adds another dashboard
	$(RUN) -m stack.bench $(if $(PEER),--peer-dashboard $(PEER))

build: setup ## write build/
	$(RUN) deploy.py build

lint: tools ## check all content
	$(RUN) deploy.py lint

web: ## check, test and build the preview's page into preview/web/dist, the same bytes every time; needs node 20 or newer
	cd preview/web && npm ci && npm run check && npm test && npm run build

clean: ## remove what the targets above made
	rm -rf $(VENV) .tools build .pytest_cache .mypy_cache .ruff_cache preview/web/node_modules
