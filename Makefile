# make demo: sets up, imports the demo set, searches it, serves it (SERVE=0 stops before serving).
# make test: sets up and runs the tests.
# make bench: speed, as ratios within one run; about six minutes. All need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
MATCHER := $(VENV)/bin/matcher
DEMO_HOME := .matcher/demo
NEED := need-falls-prevention-calder
SERVE ?= 1

.PHONY: install demo test check bench clean

# A stamp names the dependencies installed; while they are unchanged, installing again costs nothing.
install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: install
	$(MATCHER) --home $(DEMO_HOME) import profiles data/demo/profiles.jsonl
	$(MATCHER) --home $(DEMO_HOME) import needs data/demo/needs.jsonl
	$(MATCHER) --home $(DEMO_HOME) search --need $(NEED) --top 5
	@if [ "$(SERVE)" != 0 ]; then $(MATCHER) --home $(DEMO_HOME) serve; fi

test: install
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

check: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: install
	$(VENV)/bin/python -m tests.benchmarks.encoding
	$(VENV)/bin/python -m tests.benchmarks.search
	$(VENV)/bin/python -m tests.benchmarks.ranking
	$(VENV)/bin/python -m tests.benchmarks.build
	$(VENV)/bin/python -m tests.benchmarks.reimport
	$(VENV)/bin/python -m tests.benchmarks.ledger
	$(VENV)/bin/python -m tests.benchmarks.programme
	$(VENV)/bin/python -m tests.benchmarks.bulk --needs 256 10000 100000

clean:
	rm -rf $(VENV) .matcher .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage *.egg-info
