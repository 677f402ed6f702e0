# Every target prepares what it needs first. `make help` explains them.

.DEFAULT_GOAL := help
.PHONY: help bootstrap demo demo-reset test smoke outage-drill restore-drill privacy-check lint format types proto docs proto-check \
        proto-breaking release-contract client lock audit \
        bench-rpc bench-events bench-tokens bench-permits bench-privacy dead-letters chart-check screenshots \
        demo-code sso-check keycloak
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(wildcard kernel services devstack deploy/keycloak bench clients/python tests)
# What `make test` hands to pytest: make test ARGS="tests/privacy -k permit"
ARGS ?=
WORKERS ?= 2
# The contract as of the last release, compiled: what clients out there were built from.
RELEASED := proto/released/v1.binpb
# How a check without figures ends: with one JSON object, whatever came of it.
VERDICT = && echo '{"ok": true}' || { echo '{"ok": false}'; exit 1; }
# Who logs people in: `embedded`, or real Keycloak with `keycloak`.
IDP ?= embedded

help:  ## Explain every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

bootstrap:  ## Install .venv from the hashed locks and the web assets from npm (every target does it when needed)
	@$(PYTHON) devstack/bootstrap.py

demo: bootstrap  ## Start everything on this machine with demo data; Ctrl-C stops it, .kontor/ keeps its data
	@$(BIN)/python -m devstack --idp $(IDP)

demo-reset: bootstrap  ## Throw the demo's data away and start over
	@$(BIN)/python -m devstack --idp $(IDP) --reset

keycloak: bootstrap  ## Fetch and build Keycloak ahead of time; `make demo IDP=keycloak` does it when needed
	@$(BIN)/python -m devstack.keycloak.distribution

demo-code: bootstrap  ## Print the second factor's present code for the demo's officer and administrator
	@$(BIN)/python -m devstack.code

test: bootstrap  ## Run all tests against a real PostgreSQL and NATS of their own
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

smoke: bootstrap  ## Run the main job end to end through public doors; the last line is one JSON object
	@$(BIN)/python -m tests.e2e.smoke --idp $(IDP)

sso-check: bootstrap  ## Sign in, out and around real Keycloak in a real browser; the last line is one JSON object
	@$(BIN)/python -m tests.e2e.sso

restore-drill: bootstrap  ## Erase 1,000 people, restore an older backup, and see that nobody comes back; the last line is one JSON object
	@$(BIN)/python -m tests.e2e.restore_drill $(ARGS)

# `make privacy-check ARGS="--seed 7"` repeats a run.
privacy-check: bootstrap  ## 200 people exercise every right while processes die, and are looked for; the last line is one JSON object
	@$(BIN)/python -m tests.e2e.privacy_check $(ARGS)

outage-drill: bootstrap  ## Five minutes without the broker, and a disk that fills (as root); the last line is one JSON object
	@$(BIN)/python -m tests.e2e.outage_drill

lint: bootstrap types  ## Check style, types, walls between modules, and declared dependencies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/deptry kernel services

format: bootstrap  ## Rewrite the code in the house's format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

types: bootstrap  ## Check types with mypy --strict
	@$(BIN)/mypy $(SOURCES)

proto: bootstrap  ## Regenerate gen/ and docs/reference/ from proto/
	@$(BIN)/buf lint
	@$(BIN)/python -m devstack.protos generate
	@$(MAKE) --no-print-directory docs

docs: bootstrap  ## Write the browsable reference of the contract to docs/reference/
	@$(BIN)/python -m devstack.reference generate

proto-check: bootstrap  ## Lint the contract, compare it with its last release, and gen/ and docs/reference/ with it
	@$(MAKE) --no-print-directory proto-breaking && $(BIN)/buf lint && $(BIN)/python -m devstack.protos check \
	  && $(BIN)/python -m devstack.reference check $(VERDICT)

proto-breaking: bootstrap  ## Check that the contract still serves the clients of the last release
	@$(BIN)/buf breaking --against $(RELEASED)
	@$(BIN)/python -m devstack.released $(RELEASED)

release-contract: bootstrap proto-breaking  ## Make the present contract the last released one: done once per release, and committed
	@$(BIN)/buf build --exclude-source-info -o $(RELEASED)

client: bootstrap  ## Build the installable Python client for integrators into dist/
	@$(BIN)/python -m devstack.client_package

lock: bootstrap  ## Resolve requirements/*.in into hashed locks, and package.json into its lock
	@for name in base web dev; do \
	  $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	    --custom-compile-command 'make lock' $(UPGRADE) requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@npm install --package-lock-only --silent

audit: bootstrap  ## Look for known vulnerabilities in the locked packages
	@for name in base web dev; do $(BIN)/pip-audit --strict --disable-pip -r requirements/$$name.txt || exit 1; done

bench-rpc: bootstrap  ## Measure GetContact through the whole chain against a bare gRPC echo
	@$(BIN)/python -m bench.rpc

bench-events: bootstrap  ## Measure facts from commit to consumer against raw JetStream
	@$(BIN)/python -m bench.events

bench-tokens: bootstrap  ## Measure what a call pays to know its caller: token verified anew against remembered
	@$(BIN)/python -m bench.tokens

bench-permits: bootstrap  ## Measure permits a second through gRPC against 100,000 consents
	@$(BIN)/python -m bench.permits

bench-privacy: bootstrap  ## Measure rights in numbers: permits, access and erasure among 1,000 and among 100,000 contacts, proofs of consent
	@$(BIN)/python -m bench.privacy

dead-letters: bootstrap  ## List facts of the running demo that nobody could process; ARGS="redrive all" sends them again
	@$(BIN)/python -m devstack.run contacts kernel.dead_letters $(or $(ARGS),list)

chart-check: bootstrap  ## Lint and render the Helm chart, and compare it with the processes
	@$(BIN)/pytest tests/chart $(ARGS) $(VERDICT)

screenshots: bootstrap  ## Take the pictures of the README again
	@$(BIN)/python -m tests.e2e.screenshots
