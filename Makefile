# The tower's commands. Needs Python 3.11 to 3.14 with its venv module, and nothing else.
.DEFAULT_GOAL := help
.PHONY: help run test test-n8n soak walk gameday bench lint types contracts lock env-docs clean runtime dev chromium
SHELL := /bin/sh
PY := .venv/bin/python

# The first Python on the PATH that fits and can make a virtual environment; a shim that only says "not found" does not.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
FIND_PYTHON = found=; for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	if "$$name" -c "$(FITS)" >/dev/null 2>&1; then found=$$name; break; fi; done; \
	if [ -z "$$found" ]; then \
	echo "No Python 3.11 to 3.14 with its venv module was found (on Debian: apt-get install python3 python3-venv)." >&2; \
	exit 1; fi

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: runtime ## the tower with everything it needs, until Ctrl-C
	@exec $(PY) -m controltower.supervise

test: dev chromium ## all tests, browser included
	@exec $(PY) -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

soak: dev ## 100,000 messages, 200 command workers and every process killed, 10,000 decisions: hours, not seconds
	@SOAK_KILLS=$${SOAK_KILLS:-200} SOAK_DECISIONS=$${SOAK_DECISIONS:-10000} \
	SOAK_MESSAGES=$${SOAK_MESSAGES:-100000} SOAK_SECONDS=$${SOAK_SECONDS:-300} SOAK_KILL_EVERY_S=$${SOAK_KILL_EVERY_S:-15} $(PY) -m pytest -n$${SOAK_AT_ONCE:-2} -s tests/soak $(PYTEST_ARGS)

WALK := tests/day tests/fuzzing tests/integrations/odoo tests/integrations/test_outage.py tests/integrations/test_replaying.py tests/journal \
	tests/shipments/test_any_arrival.py tests/shipments/test_any_order.py tests/shipments/test_owners.py tests/mirror/test_any_order.py
walk: dev ## days on every dialect of Odoo, fifty times the drawn examples, an outage over 5,000 shipments: an hour
	@WALK=1 $(PY) -m pytest -n logical --dist loadfile --no-loadscope-reorder $(WALK) $(PYTEST_ARGS)

GAMEDAY := tests/soak/test_gateway.py tests/integrations/odoo/test_outage.py tests/integrations/odoo/test_killed_sender.py \
	tests/integrations/test_outage.py tests/integrations/outgoing/test_n8n.py tests/integrations/test_outbound.py \
	tests/integrations/outgoing/test_killed.py
gameday: dev ## take broker, database, processes, Odoo, carrier, n8n and mail away, and see what holds (docs/gameday.md)
	@$(PY) -m pytest -n0 -v --durations=0 --durations-min=5 $(GAMEDAY) $(PYTEST_ARGS)

bench: dev ## measure the budgets of DESIGN.md on this machine
	@exec $(PY) -m bench

test-n8n: dev ## both workflows of docs/n8n in a real n8n beside a tower (opt-in: npm, 1.7 GB below var/n8n)
	@home=$${N8N_HOME:-$(CURDIR)/var/n8n}; node=$$(sh tests/n8n/install.sh "$$home") && \
	N8N_HOME="$$home" N8N_NODE="$$node" $(PY) -m pytest -n0 tests/n8n $(PYTEST_ARGS)

lint: dev ## style
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

contracts: dev ## which room may import which
	@PYTHONPATH=. .venv/bin/lint-imports

types: dev ## mypy
	@$(PY) -m mypy

env-docs: runtime ## write .env.example and README's table anew from what the settings read
	@$(PY) -m controltower.env --example > .env.example.new && mv .env.example.new .env.example
	@$(PY) -m controltower.env --table > .env.table.new && sed -i.bak -e '/^<!-- env table -->$$/,/^<!-- \/env table -->$$/{//!d;}' \
	-e '/^<!-- env table -->$$/r .env.table.new' README.md && rm -f .env.table.new README.md.bak

lock: dev ## compile the .in files into the locked requirements
	@$(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	--no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	@$(PY) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header \
	--no-emit-index-url --no-emit-find-links -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## remove .venv and caches; data under var/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

runtime:
	@$(FIND_PYTHON); "$$found" bootstrap.py runtime

dev:
	@$(FIND_PYTHON); "$$found" bootstrap.py dev

# A browser is part of the tests: without one they end here, they are not skipped.
chromium:
	@for name in chromium chromium-browser google-chrome; do \
	if command -v "$$name" >/dev/null 2>&1; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	echo "Installing Chromium for the browser tests ..."; log=$$(mktemp); \
	if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; } \
	>"$$log" 2>&1; then rm -f "$$log"; exit 0; fi; tail -n 3 "$$log" >&2; rm -f "$$log"; fi; \
	echo "The browser tests need Chromium on the PATH (chromium, chromium-browser or google-chrome)." >&2; exit 1
