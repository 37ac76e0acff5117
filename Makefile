.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
# One more than cores: the tests on real servers mostly wait.
WORKERS ?= $(shell expr $$(nproc) + 1)
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
VLLM_READY := .venv-vllm/.ready

.PHONY: help setup tools demo test test-vllm check golden mutants bench bench-deploy bench-exporter build docs lint web clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY) ## virtual environment and Python packages

# The repository runs from its checkout; only what pyproject.toml names is installed.
$(READY): pyproject.toml environments/project_environment.py
	$(PYTHON) environments/project_environment.py

tools: setup ## Prometheus and Alertmanager in .tools, if the machine has none
	$(RUN) -m glassbox.servers.components

demo: tools ## the whole thing on this machine, until Ctrl-C; CHECK=1 ends after the first alert, SCENARIO=saturated and others show trouble
	$(RUN) -m demo $(if $(CHECK),--check) $(if $(SCENARIO),--scenario $(SCENARIO))

check: setup ## format, lint and types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

test: check tools ## everything that a change must pass
	$(RUN) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

$(VLLM_READY): environments/vllm_environment.py environments/project_environment.py demo/capturing/make_model.py | setup
	$(RUN) -m environments.vllm_environment

test-vllm: tools $(VLLM_READY) ## the boards against a real vLLM on this CPU: installs 3.4 GB into .venv-vllm, then takes up to 25 minutes
	$(RUN) -m pytest -m vllm tests/vllm

golden: setup ## renew tests/golden, the compiled files and the text that reviewers read, and test it
	$(RUN) -m tests.support.golden
	$(RUN) -m pytest --quiet tests/compile/test_golden.py

mutants: tools ## make small faults in every rule, and in code, and see that tests notice; ONLY=text for some; KEPT=folder to go on
	$(RUN) -m tests.mutation $(if $(ONLY),--only '$(ONLY)') $(if $(KEPT),--kept '$(KEPT)')

bench: tools ## speed, size and load, as tables, in about fifteen minutes; PEER=FILE adds another dashboard
	$(RUN) -m bench $(if $(PEER),--peer-dashboard $(PEER))

bench-deploy: setup ## of these tables those of plans and pushes alone, in about four minutes
	$(RUN) -c 'from bench.deploy_speed import show_deploy_speed; show_deploy_speed()'

bench-exporter: setup ## of these tables the exporter's alone, in about two minutes
	$(RUN) -m bench.exporter_cost

build: setup ## write build/
	$(RUN) deploy.py build

docs: setup ## write the reference pages in docs/: settings, dashboards, alerts and metrics
	$(RUN) deploy.py docs --out docs

lint: tools ## check all content, and what users install
	$(RUN) deploy.py lint --strict
	$(RUN) deploy.py lint --strict --path install

web: ## check, test and build the stand-in's page into glassbox/standin/web/dist, the same bytes every time; needs node 20 or newer
	cd glassbox/standin/web && npm ci && npm run check && npm test && npm run build

clean: ## remove what the targets above made
	rm -rf $(VENV) .venv-vllm .tools build .pytest_cache .mypy_cache .ruff_cache glassbox/standin/web/node_modules
