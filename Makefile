# A fresh machine with python3 (3.11 or newer) and make needs nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# On Linux pip takes PyTorch's CUDA build, of several gigabytes; `make cpu demo` takes the small one.
TORCH_CPU ?= https://download.pytorch.org/whl/cpu

.PHONY: help cpu demo test lint fix bench weights docs clean

help:  ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

cpu: | $(BIN)/python  ## install PyTorch's CPU build first, which is enough
	$(PIP) torch --index-url $(TORCH_CPU)

demo: $(VENV)/.demo  ## go the whole way on the bundled pictures
	$(BIN)/moue demo moue-demo

test: $(VENV)/.dev  ## run all tests
	$(BIN)/python -m pytest -q

lint: $(VENV)/.dev  ## check style, types and docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python docs/commands.py --check

fix: $(VENV)/.dev  ## mend what can be mended without thought
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench  ## time each step beside the lesson's own; DATA=folder for real photos
	$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))

weights: $(VENV)/.dev  ## train the shipped model again; DATA=folder of the development data
	$(BIN)/python -m training weights $(DATA)

docs: $(VENV)/.dev  ## write the command reference anew from the code
	$(BIN)/python docs/commands.py

clean:  ## remove what these commands made
	rm -rf $(VENV) moue-demo .bench .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[train,dlib]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all,dev]'
	@touch $@

$(VENV)/.bench: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all,bench]'
	@touch $@
