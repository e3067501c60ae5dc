# make run    opens nodeviz          make run ARGS="train spiral"    its command line
# make test   runs every test        make check                      lint, types, import rules
#
# Each makes .venv when it is missing and installs into it when pyproject.toml or constraints.txt changed.
# PYTHON=python3.12 picks the interpreter; TORCH=cpu fetches the small CPU build of torch on Linux.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
TORCH_INDEX := $(if $(filter cpu,$(TORCH)),--extra-index-url https://download.pytorch.org/whl/cpu)

.PHONY: run test check install clean
run: $(STAMP)
	@$(BIN)/nodeviz $(ARGS)

test: $(STAMP)
	@$(BIN)/python -m pytest $(ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet $(TORCH_INDEX) --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@sh tools/make-venv $(VENV) "$(PYTHON)"

clean:
	rm -rf $(VENV) dist build
