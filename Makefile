# A fresh machine with python3 (3.11 or newer) and make needs nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# On Linux pip takes PyTorch's CUDA build, of several gigabytes; `make cpu demo` takes the small one.
TORCH_CPU ?= https://download.pytorch.org/whl/cpu

# Test processes: `make test JOBS=1` runs them in one.
JOBS ?= auto

.PHONY: help cpu demo test test-all lint fix bench weights docs site runtime release check-page clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

cpu: | $(BIN)/python  ## install the CPU build of PyTorch, before any other target
	$(PIP) torch --index-url $(TORCH_CPU)

demo: $(VENV)/.demo  ## go the whole way on the bundled pictures
	$(BIN)/moue demo moue-demo

test: $(VENV)/.dev  ## run the fast tests, 3 minutes at most
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not slow"

test-all: $(VENV)/.dev $(VENV)/.browser runtime  ## run all tests; those in the browser need Chromium
	@# Other work on the machine can make a test of browsers or processes fail: it runs once more, alone.
	$(BIN)/python -m pytest -q -n $(JOBS) || { echo "the failed tests run again, one after the other:"; \
	    $(BIN)/python -m pytest -q --last-failed --last-failed-no-failures none --maxfail 3; }

lint: $(VENV)/.dev  ## check style, types, and that the docs are up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python docs/commands.py --check
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/translations.py
	$(BIN)/python docs/word_list.py
	$(BIN)/python docs/messages.py --check
	$(BIN)/python docs/notebooks.py --check

check-page: $(VENV)/.dev  ## check the types of the page and its vendored files; needs Node
	npx --yes --package typescript@5.9.3 -- tsc --project jsconfig.json
	$(BIN)/python tools/vendor_bundle.py --check

fix: $(VENV)/.dev  ## fix style where that is safe
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench  ## measure each step beside the tutorial's; DATA=folder for real photos
	$(BIN)/python -m benchmarks --page docs/benchmarks.md $(if $(DATA),--data $(DATA))

weights: $(VENV)/.dev  ## train the bundled models again; DATA=folder of the development data
	$(BIN)/python -m research train-classifier $(DATA)

docs: $(VENV)/.dev  ## write the generated parts of the docs
	$(BIN)/python docs/commands.py
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/notebooks.py

site: $(VENV)/.docs  ## build the website in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

runtime: $(VENV)/.dev  ## download ONNX Runtime for browsers, once
	$(BIN)/python tools/web_runtime.py

release: $(VENV)/.release  ## build and check the files of a release in dist/
	$(BIN)/python tools/build_release.py

clean:  ## remove what these commands made
	rm -rf $(VENV) moue-demo .bench site .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all,ray,store,dev]'
	@touch $@

$(VENV)/.browser: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[browser]'
	@touch $@

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all,bench]'
	@touch $@

$(VENV)/.release: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[release]'
	@touch $@

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[docs,train]'
	@touch $@
