# The two commands of the README do everything, the first time too.
PYTHON ?= python3
VENV := .venv
# Written last, so that an interrupted set-up is done again.
READY := $(VENV)/.ready

.PHONY: rehearse test lint types check matrix soak fuzz nightly reference docs screenshots refresh-catalog lock clean

rehearse: $(READY)
	$(VENV)/bin/genai rehearse $(STACK) $(ARGS)

test: $(READY)
	$(VENV)/bin/python -m pytest $(ARGS)

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(READY)
	$(VENV)/bin/basedpyright

check: lint types test rehearse

$(READY): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Whole rehearsals: every legal mode, source and image family, and stacks with something special about them.
matrix: $(READY)
	$(VENV)/bin/python -m pytest -m matrix $(ARGS)

# Fifty rehearsals in a row, after which this machine must be as before: about four minutes.
soak: $(READY)
	$(VENV)/bin/python -m pytest -m soak -n 0 $(ARGS)

# Events of every shape, mangled at random: 16,000 of them, none of which may make the function raise or leak.
fuzz: $(READY)
	HYPOTHESIS_PROFILE=long $(VENV)/bin/python -m pytest tests/handlers/events/test_mangled_events.py $(ARGS)

# What takes too long for every change.
nightly: fuzz soak
	$(VENV)/bin/python -m pytest -m night $(ARGS)

# docs/configuration.md, docs/rules.md, the editors' schema and Pulumi.yaml, from the settings themselves;
# policy/data from pulumi-aws, docs/conformance.md and reliability.md from the tests, docs/security.md, dashboard.svg and the diagrams of
# docs/architecture.md from what the stacks register.
reference: $(READY)
	$(VENV)/bin/python -m settings.reference
	$(VENV)/bin/python -m settings.rules_reference
	$(VENV)/bin/python -m policy.taggable
	$(VENV)/bin/python -m tests.conformance_reference
	$(VENV)/bin/python -m tests.security_reference
	$(VENV)/bin/python -m tests.reliability_reference
	$(VENV)/bin/python -m tests.dashboard_picture
	$(VENV)/bin/python -m tests.architecture_diagram

# The documentation as a site in .artifacts/site; a page or an anchor that a link misses is an error.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict $(ARGS)

# docs/images, of the playground with a rehearsed stack; needs Debian's chromium and chromium-driver.
screenshots: $(READY)
	$(VENV)/bin/python -m tests.playground.screenshots

# Newer images and instance types, from public sources; needs the internet. ARGS=--check only compares.
refresh-catalog: $(READY)
	$(VENV)/bin/python -m catalog.refresh $(ARGS)

# Pins what pyproject.toml asks for, for every supported Python and platform at once.
lock: $(READY)
	$(VENV)/bin/uv pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements-dev.txt
	$(VENV)/bin/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --constraints requirements-dev.txt --output-file requirements.txt

clean:
	rm -rf $(VENV) .artifacts *.egg-info
