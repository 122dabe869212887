#!/bin/sh
# What must hold before a commit: style, types, directions of imports, words of every language.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/lint-imports
if [ -f tools/catalogue.py ]; then
    .venv/bin/python tools/catalogue.py --check
fi
