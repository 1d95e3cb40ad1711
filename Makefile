# Percha's two commands are `make run` and `make test`; they need Python 3.11 or newer, and make. `make help` lists the rest.

VENV ?= .venv
PY := $(VENV)/bin/python
# The checks and tests judge the code, not the owner's .env.
CHECK_ENV := DEBUG=on PERCHA_DOTENV=/dev/null
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run stop reset install translations-compile test soak check format format-check lint types arrow migrations translations structure messages bench chaos cluster lighthouse mutants restore-drill screenshots lock audit ports openapi

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' Makefile

run: ports install ## Open the demo shop: servers, tables, goods, web, jobs, payment sandbox (Ctrl-C stops all)
	@$(PY) -m shop.demo.run start

stop: ## Stop a demo that runs in another terminal, or what a killed one left behind
	@test -x $(PY) || { echo "Nothing is installed, so nothing runs."; exit 0; }; $(PY) -m shop.demo.run stop

reset: ## Delete the demo's data, after asking
	@test -x $(PY) || { echo "Nothing is installed, so there is nothing to delete."; exit 0; }; $(PY) -m shop.demo.run reset

test: install ## Run every test on real PostgreSQL and Redis (ARGS="-k cart" chooses)
	@$(PY) -m tests.price -n $(JOBS) $(ARGS)

soak: install ## The same with every kill point, history and combination, before handing in (docs/testing.md)
	@PERCHA_SOAK=on $(PY) -m tests.price -n $(JOBS) $(ARGS)

check: install ## Everything CI asks for: format, lint, types, arrow, migrations, translations, tests
	@$(PY) .ci/check.py

format: install ## Write the code the one way it is written
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format . ; $(PY) -m djlint --quiet --reformat templates

format-check: install
	@$(PY) -m ruff format --check .
	@$(PY) -m djlint --quiet --check templates

lint: install ## ruff for Python, djlint for templates
	@$(PY) -m ruff check .
	@$(PY) -m djlint --quiet --lint templates

types: install ## mypy with django-stubs
	@$(CHECK_ENV) $(PY) -m mypy $(if $(CI),--cache-dir=/dev/null)

arrow: install ## The import arrow (import-linter)
	@$(VENV)/bin/lint-imports

migrations: install ## No model change without its migration
	@$(CHECK_ENV) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

translations: install ## Every sentence translated, with its placeholders (needs GNU gettext)
	@$(CHECK_ENV) $(PY) manage.py check_translations

structure: install ## Write the file from which an empty database gets its tables, after a new migration (docs/migrations.md)
	@$(PY) -m tests.structure

messages: install ## Collect new sentences into locale/ (needs GNU gettext)
	@$(CHECK_ENV) $(PY) manage.py makemessages --all --no-obsolete --no-wrap --add-location file --ignore '.venv/*' --ignore '.data/*'
	@$(CHECK_ENV) $(PY) manage.py makemessages --domain djangojs --all --no-obsolete --no-wrap --add-location file --ignore '.venv/*' --ignore '.data/*'

bench: install ## Measure holds, adds, a drop, expiry, old tables and a hanging provider (docs/performance.md)
	@$(PY) -m benchmarks $(ARGS)

chaos: install ## Hundreds of purchases while everything fails (SEED=1 PURCHASES=240 CURRENCY=ARS; docs/chaos.md)
	@$(PY) -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(PURCHASES),--purchases $(PURCHASES)) $(if $(CURRENCY),--currency $(CURRENCY)) $(ARGS)

cluster: install ## Two nodes, a pooler, a primary and a replica on this machine, and what may fail (docs/scaling.md)
	@$(PY) -m tests.cluster $(ARGS)

lighthouse: install ## Six pages of a production shop on Lighthouse's phone (ARGS="--runs 3"; docs/performance.md)
	@$(PY) -m tests.lighthouse $(ARGS)

mutants: install ## Small wrong changes that some test should notice (ARGS="payments/settlement/settle.py"; docs/testing.md)
	@$(PY) -m tests.mutants $(ARGS)

restore-drill: install ## Back a shop up, lose its server, restore it, and compare (docs/backup.md)
	@$(PY) -m tests.drills.restore

# Writes no pin that stands already: to change one, change it in requirements/*.in (or add UPGRADE="--upgrade-package name").
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --annotation-style line \
	--custom-compile-command "make lock" $(UPGRADE)
UV ?= uv

lock: ## Write requirements*.txt of requirements/*.in, with hashes (needs uv: pip install uv; docs/dependencies.md)
	@$(LOCK) requirements/run.in -o requirements.txt
	@$(LOCK) requirements/s3.in -c requirements.txt -o requirements/s3.txt
	@$(LOCK) requirements/dev.in -o requirements-dev.txt

audit: ## Ask the public advisories about every pinned package (needs the internet and pip-audit; docs/dependencies.md)
	@pip-audit --require-hashes --disable-pip -r requirements.txt

openapi: install ## Write docs/openapi.json, the API's document, of what the code answers
	@$(PY) -W ignore manage.py export_openapi_schema --api shop.api.api --indent 1 --sorted --output docs/openapi.json

screenshots: install ## Take docs/screenshots/ anew from a running demo
	@$(PY) -m docs.screenshots $(ARGS)

translations-compile: ## Compile locale/ by hand (run and test do it themselves)
	@$(PY) -m shop.core.translations.compilation

# A taken port is told before a long installation; whatever Python there is looks (once more, with names, when the demo starts).
ports:
	@for candidate in $(PYTHON) python3 python; do \
		if $$candidate -c 'import sys' >/dev/null 2>&1; then $$candidate .ci/ports.py; exit $$?; fi; \
	done

# A suitable Python is looked for only as long as there is no environment; the environment then remembers its own.
install:
	@if [ -n "$(PYTHON)" ] && ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		echo "PYTHON=$(PYTHON) is no Python 3.11 or newer that can be started. Nothing was installed." >&2; exit 1; \
	fi; \
	if [ -n "$(PYTHON)" ] && [ -x $(PY) ] && [ "$$($(PYTHON) -V)" != "$$($(PY) -V)" ]; then \
		echo "$(VENV) was made with $$($(PY) -V), not with PYTHON=$(PYTHON) ($$($(PYTHON) -V)). Remove $(VENV) to change it." >&2; exit 1; \
	fi; \
	if [ -x $(PY) ] && $(PY) -c 'import sys' 2>/dev/null; then exec $(PY) .ci/install.py $(VENV); fi; \
	for candidate in $(PYTHON) python3 python3.12 python3.11 python3.13 python3.14 python; do \
		if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			exec $$candidate .ci/install.py $(VENV); \
		fi; \
	done; \
	echo "Percha needs Python 3.11 or newer, and none was found as python3. Install one (Debian: apt-get install python3 python3-venv), or name yours: make run PYTHON=/path/to/python3" >&2; \
	exit 1
