# make demo: sets up, imports the demo set, searches it, serves it (SERVE=0 stops before serving).
# make test: sets up and runs the tests.
# make check: linters, types and the order of imports.
# make coverage: runs the tests and fails if they miss more than 3% of the lines and branches; takes half as long again.
# make bench: speed, as ratios within one run; about six minutes.
# make lock: writes the lock files after a change of dependencies; UPGRADE=1 takes the newest versions that fit.
# make wheel: builds the wheel and the source distribution into dist/.
# make wheel-check: installs the wheel in an empty environment and uses it; some minutes.
# All need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
MATCHER := $(VENV)/bin/matcher
DEMO_HOME := .matcher/demo
NEED := need-falls-prevention-calder
SERVE ?= 1

.PHONY: install develop demo test check coverage bench lock wheel wheel-check clean

# The product, then what tests and checks need. A stamp for each makes a second run cost nothing.
install: $(VENV)/.product
develop: $(VENV)/.dev

# With hashes to check, pip takes the published build of torch. So the build without graphics cards is asked for first:
# a machine that is offered it needs no CUDA libraries, which are several gigabytes.
$(VENV)/.product: requirements.lock requirements-cpu.lock requirements-cuda.lock pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes --no-deps --requirement requirements-cpu.lock 2>/dev/null || \
		$(PIP_INSTALL) --require-hashes --no-deps --requirement requirements-cuda.lock
	$(PIP_INSTALL) --require-hashes --no-deps --requirement requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@$(VENV)/bin/python -m pip check
	@touch $@

$(VENV)/.dev: $(VENV)/.product requirements-dev.lock
	$(PIP_INSTALL) --require-hashes --no-deps --requirement requirements-dev.lock
	@touch $@

demo: install
	$(MATCHER) --home $(DEMO_HOME) import profiles data/demo/profiles.jsonl
	$(MATCHER) --home $(DEMO_HOME) import needs data/demo/needs.jsonl
	$(MATCHER) --home $(DEMO_HOME) search --need $(NEED) --top 5
	@if [ "$(SERVE)" != 0 ]; then $(MATCHER) --home $(DEMO_HOME) serve; fi

test: develop
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

check: develop
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

coverage: develop
	$(VENV)/bin/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=97

bench: develop
	$(VENV)/bin/python -m tests.benchmarks.encoding
	$(VENV)/bin/python -m tests.benchmarks.search
	$(VENV)/bin/python -m tests.benchmarks.ranking
	$(VENV)/bin/python -m tests.benchmarks.build
	$(VENV)/bin/python -m tests.benchmarks.reimport
	$(VENV)/bin/python -m tests.benchmarks.ledger
	$(VENV)/bin/python -m tests.benchmarks.programme
	$(VENV)/bin/python -m tests.benchmarks.bulk --needs 256 10000 100000

lock: develop
	$(VENV)/bin/python .ci/lock.py $(if $(UPGRADE),--upgrade)

wheel: develop
	$(VENV)/bin/python -m build

wheel-check: develop
	.ci/wheel-check

clean:
	rm -rf $(VENV) .matcher .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage build dist *.egg-info
