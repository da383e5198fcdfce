# One word per chore; `make` alone lists them. Works with GNU make 3.81 and newer.

PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
TRAINING := $(VENV)/.training-installed
CODE := app.py pages components services scripts tests benchmarks examples
LOCK := UV_NO_CONFIG=1 $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--override requirements-left-out.in --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

.DEFAULT_GOAL := help
# Two installations into one environment at a time would spoil it.
.NOTPARALLEL:
.PHONY: help run test test-unit conformance lint format bench lock docs screenshots clean install install-dev install-training models chromium

help: ## List these chores
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: $(RUNTIME) ## Start Tandem at http://localhost:8501 (another port: make run PORT=8502)
	@$(PY) scripts/check_port.py "$(PORT)"
	@$(PY) scripts/fetch_models.py
	@exec $(PY) -m streamlit run app.py --server.port "$(PORT)" $(if $(CI)$(SSH_CONNECTION),--server.headless true)

test: $(DEV) chromium models ## Run every test
	@status=0; \
	$(PY) -m pytest -n auto -m "not model and not browser" || status=$$?; \
	$(PY) -m pytest -m "model or browser" || status=$$?; \
	exit $$status

test-unit: $(DEV) ## Run the tests that need neither a browser nor the local model
	@$(PY) -m pytest -n auto -m "not model and not browser"

conformance: $(DEV) ## Run OpenAI's own SDK tests of the Assistants protocol against this server
	@$(PY) scripts/conformance.py

lint: $(DEV) ## Check style, formatting, types and the direction of imports
	@$(PY) -m ruff check $(wildcard $(CODE))
	@$(PY) -m ruff format --check --quiet $(wildcard $(CODE))
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-cache --no-logo

format: $(DEV) ## Format the code and mend what can be mended
	@$(PY) -m ruff check --fix --quiet $(wildcard $(CODE))
	@$(PY) -m ruff format $(wildcard $(CODE))

bench: $(DEV) chromium models ## Measure what the README promises; writes docs/benchmarks.md
	@$(PY) -m benchmarks --write

lock: $(DEV) ## Write requirements*.txt from requirements*.in (make lock UPGRADE=--upgrade for newer releases)
	@$(LOCK) requirements.in --output-file requirements.txt
	@$(LOCK) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	@$(LOCK) requirements-training.in --constraints requirements.txt --output-file requirements-training.txt

docs: $(DEV) ## Write the settings table of docs/configuration.md
	@$(PY) scripts/settings_table.py

screenshots: $(DEV) chromium models ## Take the pictures in docs/screenshots, with the local model
	@$(PY) scripts/screenshots.py

clean: ## Remove the virtual environment and caches; data and models stay
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-training: $(TRAINING) ## Install what fine-tuning on this machine needs: PyTorch for the processor, 0.9 GB

install: $(RUNTIME)
install-dev: $(DEV)

models: $(RUNTIME)
	@$(PY) -m services.engines fetch

chromium: $(DEV)
	@$(PY) scripts/chromium.py

$(PY):
	@sh scripts/make_venv.sh $(VENV)

$(RUNTIME): requirements.txt | $(PY)
	@echo "Installing the locked requirements; the first time this takes a few minutes."
	@$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(PY)
	@echo "Installing the locked requirements for tests; the first time this takes a few minutes."
	@$(PIP) -r requirements-dev.txt
	@touch $(RUNTIME) $@

$(TRAINING): requirements-training.txt requirements-torch.txt | $(RUNTIME)
	@echo "Installing PyTorch for the processor; this takes a few minutes."
	@$(PIP) -r requirements-training.txt
	@$(PIP) --extra-index-url https://download.pytorch.org/whl/cpu -r requirements-torch.txt
	@touch $@
