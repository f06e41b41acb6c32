PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help setup demo test test-api test-browser test-services test-faults test-architecture test-controls test-attacks \
	test-mistakes test-honest test-compose check bench-latency bench-throughput bench-soak bench-regrade \
	bench-load bench-dashboard bench-capacity clean docs screenshots transcript test-starters \
	test-compose-full lock sbom bench-peers licences audit release-check test-two-hosts

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/.installed: pyproject.toml
	@echo "Preparing $(VENV): torch, TensorFlow and the rest, about 1.5 GB; a few minutes the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "[1/2] PyTorch"; $(BIN)/pip install --quiet torch==2.13.0
	@echo "[2/2] everything else"; $(BIN)/pip install --quiet --editable '.[server,worker,runner,dev]'
	@$(BIN)/labmark-server assets
	@touch $@

setup: $(VENV)/.installed ## make the virtual environment (the other commands do it by themselves)

demo: $(VENV)/.installed ## start a service, submit all examples, show the table (DEMO_EXIT=1: then end)
	$(BIN)/labmark-server demo $(if $(DEMO_EXIT),--exit)

SIDE_BY_SIDE := -n 2 --dist loadfile
# Jails with a time limit: each of these has the machine to itself. What trains comes last, for a broken grader is
# told before.
ALONE := tests/attacks tests/controls tests/faults tests/mistakes tests/sandbox

test: $(VENV)/.installed ## run the tests, with real processes and the real jail
	@failed=0; \
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(addprefix --ignore=,$(ALONE) tests/service) || failed=1; \
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/service || failed=1; \
	$(BIN)/python -m pytest $(ALONE) || failed=1; exit $$failed

test-api: $(VENV)/.installed ## the whole API against its OpenAPI document, as everybody: what must never be answered (schemathesis)
	LABMARK_API_EXAMPLES=100 $(BIN)/python -m pytest $(SIDE_BY_SIDE) tests/api/test_api_contract.py tests/api/test_api_openapi.py \
		tests/api/test_api_roles.py tests/api/test_api_hidden.py tests/api/test_api_attacks.py \
		tests/api/test_api_page_attacks.py tests/api/test_api_bombs.py tests/api/test_api_request_limits.py

test-browser: $(VENV)/.installed ## the dashboard in a real browser (Debian's chromium)
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium; } \
		|| { echo "chromium is missing; as root: apt-get install chromium"; exit 1; }
	$(BIN)/python -m pytest tests/browser

screenshots: $(VENV)/.installed ## pictures of every main page, of a class that is really graded, into docs/screenshots (ten minutes)
	PYTHONPATH=. $(BIN)/python tests/browser/screenshots.py

test-services: $(VENV)/.installed ## store, api, server and service tests on PostgreSQL and Redis (Debian's packages)
	@failed=0; \
	$(BIN)/python tests/servers.py $(SIDE_BY_SIDE) tests/store tests/api tests/server || failed=1; \
	$(BIN)/python tests/servers.py $(SIDE_BY_SIDE) tests/service || failed=1; exit $$failed

test-faults: $(VENV)/.installed ## every fault to survive, on real processes and both pairs of databases; a table of recoveries
	LABMARK_FAULTS=all $(BIN)/python -m pytest tests/faults

transcript: $(VENV)/.installed ## write docs/transcript.md anew: a student's way from nothing to a grade, in a clean environment
	LABMARK_TRANSCRIPT=write $(BIN)/python -m pytest tests/service/test_transcript.py

test-architecture: $(VENV)/.installed ## one layer or several: no false verdict on 1,800 drawn models of four frameworks
	LABMARK_DRAWN_MODELS=1 $(BIN)/python -m pytest -s tests/architecture

test-controls: $(VENV)/.installed ## 200 control runs of honest solutions in the real jail, none of which may be flagged
	LABMARK_CONTROL_TRIALS=200 $(BIN)/python -m pytest -s tests/controls

test-starters: $(VENV)/.installed ## every starter of every lab and framework, as file and as notebook, in the real jail
	LABMARK_STARTERS=all $(BIN)/python -m pytest tests/service/test_starters.py

test-attacks: $(VENV)/.installed ## every hostile submission through a real service; a table of what stopped each
	LABMARK_ATTACKS=all $(BIN)/python -m pytest -s tests/attacks

test-mistakes: $(VENV)/.installed ## 75 mistakes of beginners in the real jail: a table of mistake, code and what the student reads
	$(BIN)/python -m pytest -s tests/mistakes

test-honest: $(VENV)/.installed ## 1,000 honest runs of four frameworks in the real jail, none of which may fail
	LABMARK_HONEST_RUNS=1000 $(BIN)/python -m pytest -s tests/sandbox/test_honest_runs.py

test-two-hosts: $(VENV)/.installed ## a worker on a second host, whose cable is pulled and put back (root; network namespaces; six minutes)
	$(BIN)/python -m pytest -s tests/two_hosts

test-compose: $(VENV)/.installed ## docker-compose.yml for real: build, up, every example, grants, crashes, down (Docker, Compose v2)
	$(BIN)/python -m pytest -s tests/compose

test-compose-full: $(VENV)/.installed ## a term in a quarter of an hour: upgrade, every container killed, scaling, backup and restore
	$(BIN)/python -m pytest -s -x tests/compose/full_journey.py

lock: $(VENV)/.installed ## pin the packages of the images anew, with hashes (UPGRADE=1: to the newest versions allowed)
	$(BIN)/pip install --quiet --editable '.[deploy]'
	$(BIN)/python deploy/lock.py $(if $(UPGRADE),--upgrade)

sbom: ## what is in each image, as CycloneDX, in var/sbom (after docker compose build)
	@mkdir -p var/sbom
	@for image in labmark-api labmark-worker labmark-runner; do \
		docker run --rm --network none --entrypoint cat $$image /usr/share/labmark/sbom.json >var/sbom/$$image.json \
		&& echo "var/sbom/$$image.json" || exit 1; done

check: $(VENV)/.installed ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed ## the documentation as pages in var/site; a link that leads nowhere fails it
	$(BIN)/python -m docs.building

bench-latency: $(VENV)/.installed ## time from POST to grade, against a cold python
	$(BIN)/python -m benchmarks.latency

bench-throughput: $(VENV)/.installed ## runs a second of a backlog of 500 on two jails, and their memory, against cold pythons
	$(BIN)/python -m benchmarks.throughput

bench-peers: $(VENV)/.installed ## the same submissions graded by Labmark, cold python, nbgrader and otter; benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.peers

bench-soak: $(VENV)/.installed ## 5,000 runs with crashes, bombs and lost workers: does the runner grow (about ten minutes)
	$(BIN)/python -m benchmarks.soak

bench-regrade: $(VENV)/.installed ## time to judge 10,000 stored submissions again (SQLite; PostgreSQL too where it is installed)
	$(BIN)/python -m benchmarks.regrade

bench-load: $(VENV)/.installed ## 200 students, 1,000 submissions in a minute, pages open, a worker and the broker killed
	$(BIN)/python -m benchmarks.load

bench-dashboard: $(VENV)/.installed ## time of each page in a course of 1,000 students and 20,000 submissions
	$(BIN)/python -m benchmarks.dashboard

bench-capacity: $(VENV)/.installed ## runs a second and core, memory of a jail, growth of the database, for each lab
	$(BIN)/python -m benchmarks.capacity

licences: $(VENV)/.installed ## write docs/licences.md: the licence of everything that runs
	$(BIN)/python -m release.licences

audit: $(VENV)/.installed ## ask advisory databases about everything that runs; says so when none can be reached
	$(BIN)/python -m release.audit

release-check: $(VENV)/.installed ## can this be released: build, install cleanly, start, grade (FINAL=1: CHANGELOG and git too)
	$(BIN)/python -m release.check $(if $(FINAL),--final --fresh) $(if $(NO_IMAGES),--no-images)

clean: ## remove the virtual environment and all local data
	rm -rf $(VENV) var api/dashboard/static/vendor
