# make run starts ClerkDesk, make test runs every test; both install what they need first.
PY = .venv/bin/python
UV = .venv/bin/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
ARGS ?=
JOBS ?= 2

.PHONY: run test lint format bench docs lock clean

run:
	@tools/setup.sh run
	@$(PY) -m clerkdesk $(ARGS)

test:
	@tools/setup.sh test
	@$(PY) -m pytest -n $(JOBS) $(ARGS)

lint:
	@tools/setup.sh test
	@tools/lint.sh

format:
	@tools/setup.sh test
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench:
	@tools/setup.sh test
	@$(PY) -m bench $(ARGS)

docs:
	@tools/setup.sh test
	@$(PY) -m clerkdesk --lang vi keys > docs/phim.md

# New versions only when asked for: make lock UPGRADE=--upgrade
lock:
	@tools/setup.sh test
	@$(UV) $(UPGRADE) -o requirements.lock
	@$(UV) $(UPGRADE) --extra dev -c requirements.lock -o requirements-dev.lock
	@! grep -nE '://|^--|@ ' requirements.lock requirements-dev.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
