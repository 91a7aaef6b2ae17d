# Each target does its own set-up; what it does in words is in scripts/.
.PHONY: help run test test-fast check benchmark bundle translations lock clean
.DEFAULT_GOAL := help

PYTEST = .venv/bin/python -m pytest

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 16

run: ## open the window on a worked case (CASE=file for another)
	@scripts/run "$(CASE)"

test: ## run every test
	@scripts/setup test
	@$(PYTEST)

test-fast: ## run the tests that take seconds
	@scripts/setup test
	@$(PYTEST) -m "not slow"

check: ## style, types, import contracts, drug files, translations
	@scripts/check

benchmark: ## measure redraw, fit and start-up times
	@scripts/setup test
	@status=0; for benchmark in tests/benchmarks/*.py; do .venv/bin/python $$benchmark || status=1; done; exit $$status

bundle: ## freeze the program into dist/dosewright/
	@scripts/bundle

translations: ## gather the window's texts, compile the Chinese ones
	@scripts/translations

lock: ## pin the dependencies anew, with hashes
	@scripts/lock

clean: ## remove what was made, but not the environments
	rm -rf build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
