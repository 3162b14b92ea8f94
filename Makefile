# Two commands set everything up: `make suites` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: suites compare train test check docs bench clean

suites: $(READY)
	@$(BIN)/pytest suites/

# Without failures in full: what matters here is the table of differences.
compare: $(READY)
	@$(BIN)/pytest suites/ -q --tb=no -rN --persona-adapter tully-v2 --persona-adapter base; \
	status=$$?; [ $$status -le 1 ] || exit $$status

train: $(READY)
	$(BIN)/persona-eval train tully-v2

test: $(READY)
	$(BIN)/pytest tests/

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/persona-eval check

# The pages of docs/ as a website in site/.
docs: $(READY)
	$(BIN)/mkdocs build --strict

bench: $(READY)
	$(BIN)/python benchmarks/collection.py
	$(BIN)/python benchmarks/suites.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/reproducible.py
	$(BIN)/python benchmarks/judging.py
	$(BIN)/python benchmarks/linting.py
	$(BIN)/python benchmarks/report.py
	$(BIN)/python benchmarks/simulation.py
	$(BIN)/python benchmarks/comparing.py
	$(BIN)/python benchmarks/auto_trials.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/training.py

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("persona-eval needs Python 3.11 or newer; this is %s. Name another: make PYTHON=python3.12" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@echo "installing into .venv: about 2 GB, a few minutes"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bundled,test,dev]'
	@touch $(READY)

clean:
	rm -rf .venv .persona_eval
