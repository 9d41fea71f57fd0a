# The ways in. `make help` lists them.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
UV := .venv-uv/bin/uv
UPGRADE ?=
DEMO ?= demo
DUMPS ?= 1000
STORE ?= sqlite
WORLDS ?=
SECONDS_EACH ?= 60
COMPILE := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: every-byte help setup demo test check format docs lock calibrate validate bench bench-traffic load chaos countries system clean bench-verify bench-examine bench-fleet fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(BIN)/portique ## install everything from the lock into .venv (once per change of the lock)

demo: setup ## write an invented operation to ./demo and run it (DEMO=folder for another place)
	$(BIN)/portique demo $(DEMO)

test: setup system ## every test and example of the code, with branch coverage
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term

check: setup ## format, lint, types, who imports whom, shape
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_shape.py

format: setup ## put the code in its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## write docs/reference/ anew from the code
	$(BIN)/python tools/reference.py

lock: $(UV) ## write requirements/*.lock; UPGRADE=--upgrade takes newer releases too
	$(COMPILE) $(UPGRADE) requirements/run.in -o requirements/run.lock
	$(COMPILE) $(UPGRADE) requirements/dev.in -o requirements/dev.lock

calibrate: setup ## fit the calibration that locate carries, on simulated worlds
	$(BIN)/python tools/calibrate.py

validate: setup ## write docs/validation.md and the annex from worlds that were never fitted (half an hour)
	$(BIN)/python tools/validate.py --full

bench: setup ## time and memory of one run, and how time grows with records (WORLDS="folder ..." of three scales)
	$(BIN)/python tools/bench.py
	$(BIN)/python -m tools.bench_growth $(WORLDS)

bench-traffic: setup ## time and memory of `examine traffic` against tshark, where it is installed
	$(BIN)/python tools/bench_traffic.py

load: setup ## 200 devices reconnect with 400 entries each: seconds, p50 and p99 of a batch (STORE=postgresql)
	$(BIN)/python -m tools.load --store $(STORE)

chaos: setup ## 100 kills of the server and 1,000 lost answers while 200 devices send (minutes; STORE=postgresql)
	$(BIN)/python -m tools.chaos --store $(STORE)

every-byte: setup ## change every byte that a small journal keeps, on both stores: verify has to find each (minutes)
	PORTIQUE_EVERY_BYTE=1 $(BIN)/python -m pytest -q tests/ledger/proof/test_every_byte.py

bench-verify: setup ## time of `portique verify` against a bare loop over the same signatures
	$(BIN)/python -m tools.bench_verify

bench-examine: setup ## speed of unpacking against plain-Python decoders, and unblob where installed
	$(BIN)/python tools/bench_examine.py

bench-fleet: setup ## time and memory of `examine fleet` on dumps made on the fly (DUMPS=1000)
	$(BIN)/python tools/bench_fleet.py --dumps $(DUMPS)

fuzz: setup ## fuzz every parser of the examination of images (SECONDS_EACH=60)
	$(BIN)/python tools/fuzz_examine.py --seconds $(SECONDS_EACH)

countries: ## the pinned files that say where addresses are registered, as `setup` fetches them
	@tools/country_files.sh

system: ## the Debian packages that some tests want, where this machine lets us install them
	@tools/system_packages.sh chromium tshark postgresql nodejs

clean: ## remove what was built here; the cases of people are elsewhere
	rm -rf $(VENV) .venv-uv build dist .coverage .coverage.* .hypothesis
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +

# Cleared first, so that the environment is the lock and nothing else. The lock is whole, so pip
# resolves nothing (--no-deps): it would ask for newer releases of what extras name, and find no
# hash for them. `pip check` says whether the lock was whole indeed.
$(VENV)/.locked: requirements/dev.lock
	@python=$$(tools/find_python.sh) && echo "$$python -m venv $(VENV)" && "$$python" -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip check
	@touch $@

$(BIN)/portique: $(VENV)/.locked pyproject.toml
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@tools/country_files.sh
	@touch $@

$(UV):
	@python=$$(tools/find_python.sh) && "$$python" -m venv .venv-uv
	.venv-uv/bin/python -m pip install -q uv
