# FakeAI. `make` alone lists the targets. Everything is installed into .venv by the targets that need it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test format lint types fresh units contract slow sdk-suite wheel soak docs clients llm generate spec check \
	schemas coverage drift bench fidelity clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "FakeAI needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/serve.stamp: pyproject.toml | .venv/bin/python
	$(PIP) --editable .
	@touch $@

.venv/dev.stamp: pyproject.toml | .venv/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ .venv/serve.stamp

.venv/docs.stamp: pyproject.toml | .venv/bin/python
	$(PIP) --editable '.[docs]'
	@touch $@

# PyTorch for CPUs alone where the index has it: a tenth of the download.
.cache/llm/stamp: pyproject.toml
	$(PYTHON) -m venv .cache/llm
	.cache/llm/bin/pip install --quiet --disable-pip-version-check --editable '.[dev,llm]' \
		$$(.cache/llm/bin/pip index versions torch 2>/dev/null | grep -oE '[0-9.]+\+cpu' | head -n 1 | sed 's/^/torch==/')
	@touch $@

serve: .venv/serve.stamp  ## set up and run the server on 127.0.0.1:8000 (options: make serve ARGS="--ttft 20 --itl 10")
	$(BIN)/fakeai server $(ARGS)

test: lint types fresh units  ## set up, then everything that must hold before a commit

format: .venv/dev.stamp  ## format the handwritten code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/dev.stamp  ## formatting and lint
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: .venv/dev.stamp  ## mypy
	$(BIN)/mypy

fresh: .venv/dev.stamp  ## generated/ and docs/coverage.md are what spec/ and the services make them
	$(BIN)/fakeai-generate check
	$(BIN)/fakeai-generate generate --check
	$(BIN)/python -m tests.coverage --check

units: .venv/dev.stamp  ## all tests but the slow ones
	$(BIN)/pytest -n auto $(ARGS)

contract: .venv/dev.stamp  ## long schemathesis run over every operation
	$(BIN)/pytest tests/contract -n auto -m 'contract or stress' --contract-examples=50 $(ARGS)

slow: sdk-suite wheel soak docs schemas clients llm  ## what CI runs beyond make test

sdk-suite: .venv/dev.stamp  ## the openai SDK's own generated tests against `fakeai server --contract`
	$(BIN)/python -m tests.sdk_suite $(ARGS)

wheel: .venv/dev.stamp  ## build the wheel and use it in a clean virtual environment
	$(BIN)/python -m tests.wheel

clients: .venv/dev.stamp  ## agent frameworks against a real server, each in an environment of its own (ARGS=name)
	$(BIN)/python -m tests.clients $(ARGS)

llm:  ## a real language model that writes the answers, in an environment of its own
	@if $(MAKE) --no-print-directory .cache/llm/stamp; \
	then .cache/llm/bin/python -m pytest tests/server/test_llm.py $(ARGS); \
	else echo "skipped: torch and transformers cannot be installed here"; fi

soak: .venv/dev.stamp  ## a minute of mixed load that must not leak
	$(BIN)/python -m tests.soak $(ARGS)

schemas: .venv/dev.stamp  ## write values for ten thousand random JSON schemas, which must all be valid
	$(BIN)/pytest tests/unit/content/schemas --schema-examples=5000 --timeout=900 $(ARGS)

docs: .venv/docs.stamp  ## build the documentation into site/
	$(BIN)/mkdocs build --strict --quiet

generate: .venv/dev.stamp  ## rebuild generated/ from spec/
	$(BIN)/fakeai-generate generate

spec: .venv/dev.stamp  ## distil upstream's contract into spec/openapi.yaml (UPSTREAM=path; default: the pinned package)
	$(BIN)/fakeai-generate spec $(if $(UPSTREAM),--upstream $(UPSTREAM))

check: .venv/dev.stamp  ## validate the document and the overlays
	$(BIN)/fakeai-generate check

coverage: .venv/dev.stamp  ## write docs/coverage.md
	$(BIN)/python -m tests.coverage

drift: .venv/dev.stamp  ## endpoints that the installed openai SDK calls and the contract lacks, and the reverse
	$(BIN)/python -m tests.drift

bench: .venv/dev.stamp  ## measure speed against references (see bench/README.md)
	$(BIN)/python -m bench $(ARGS)

fidelity: .venv/dev.stamp  ## compare predictions with measurements (DATA=folder or CSV; see docs/hardware.md)
	$(BIN)/python -m bench.fidelity $(DATA) $(ARGS)

clean:  ## remove what was installed and built
	rm -rf .venv site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
