# Each target sets up what it needs; set-up is done again only when these files change.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
INSTALLED_FROM := pyproject.toml constraints.txt
PRETRAINING ?= pretraining-runs
WEIGHTS := plugins/zoo_encoders/weights
CURVES := benchmarks/learning_curves
WHY_RUNS := benchmarks/why_it_does_not_learn/runs.jsonl
# one thread a process: the tests run side by side, and threads of torch would fight over the cores
TEST_ENVIRONMENT := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false

.PHONY: help leaderboard test lint format calibration doctor-proof scale why curves pretrain certify \
    reference vega vocabulary clean

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

leaderboard: .venv/installed  ## run the quick suite and print its leaderboard
	$(BIN)/zoo bench quick

test: lint  ## lint, then every test
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/installed-dev  ## formatting, style, types, direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev  ## put the formatting right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

calibration: .venv/installed  ## how often the rules for "better" err where the truth is known
	$(BIN)/python benchmarks/calibration.py

doctor-proof: .venv/installed  ## how often the doctor is right, over broken and healthy trainings
	$(BIN)/python -m doctor_proof

scale: .venv/installed  ## what the harness itself costs: boards of 10,000 runs, runs that do nothing
	$(BIN)/python -m scale

why: .venv/installed-dev  ## train what does not learn, one fault at a time; table and figures of the tutorial
	$(BIN)/python -m why_it_does_not_learn train $(WHY_RUNS)
	set -e; for language in en ko; do \
	    $(BIN)/python -m why_it_does_not_learn report $(WHY_RUNS) --language $$language \
	        --figure docs/tutorial/why-does-it-not-learn.$$language.svg; done

curves: .venv/installed-dev  ## tables and figures of the learning curves, from the stored scores
	set -e; for language in en ko; do \
	    $(BIN)/python -m learning_curves report $(CURVES)/scores.jsonl --language $$language \
	        --figure docs/explanation/learning-curves.$$language.svg; done
	$(BIN)/python -m learning_curves agreement $(CURVES)/frozen.jsonl $(CURVES)/scores.jsonl

pretrain: .venv/installed-dev  ## pretrain the small encoders anew on CORPUS=reviews.txt.gz: minutes of a GPU, days of a CPU
	$(BIN)/python -m pretraining train bert-nano --reviews "$(CORPUS)" --passes 19.767 \
	    --tokens 65536 --learning-rate 2e-3 --output $(PRETRAINING)/bert-nano
	$(BIN)/python -m pretraining train koelectra-nano --reviews "$(CORPUS)" --passes 4.67 \
	    --tokens 65536 --learning-rate 1e-3 --begin $(PRETRAINING)/bert-nano --output $(PRETRAINING)/koelectra-nano
	set -e; for name in bert-nano koelectra-nano; do \
	    $(BIN)/python -m pretraining export $(PRETRAINING)/$$name --output $(WEIGHTS)/$$name; done
	$(BIN)/python -m pretraining curves $(PRETRAINING)/bert-nano $(PRETRAINING)/koelectra-nano \
	    --output docs/explanation/pretraining.svg

certify: .venv/installed  ## check heads and small encoders, and renew the certificates they ship
	set -e; for name in linear mlp textcnn bilstm; do \
	    $(BIN)/zoo check $$name --kind head --output plugins/zoo_heads/certificates/$$name.json; done
	set -e; for name in bert-nano koelectra-nano; do \
	    $(BIN)/zoo check $$name --kind encoder --output plugins/zoo_encoders/certificates/$$name.json; done

reference: .venv/installed  ## write docs/reference/commands.md and checks.md anew
	$(BIN)/python docs/write_reference.py

vega: .venv/bin/python  ## renew the library that draws the charts of the page, from npm
	$(BIN)/python benchmarks/renew_vega.py

vocabulary: .venv/installed  ## rebuild the packaged vocabulary from CORPUS=reviews.txt.gz
	$(BIN)/python pretraining/build_vocabulary.py "$(CORPUS)" \
	    plugins/zoo_encoders/vocabularies/korean-12k.txt

clean:  ## remove the virtual environment and the caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "zoo needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python $(INSTALLED_FROM)
	@echo "Installing zoo into .venv; the first time this takes some minutes." >&2
	$(PIP) --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	@echo "Installing what the tests need." >&2
	$(PIP) --editable '.[dev]'
	@touch $@
