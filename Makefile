# Everything runs in .venv; `make setup` builds it from constraints.txt and does nothing when it is up to date.
PYTHON ?= python3
JOBS ?= logical
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: docs setup demo test test-align test-n8n test-failures chaos test-production test-ui test-batch test-machines test-google load check audit fuzz release format bench bench-effects quality gallery clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,server]'
	touch $@

demo: setup
	$(BIN)/neuroshorts render examples/demo.yaml --output output --name demo

# As many processes as there are processors, each with a Prefect server of its own; `make test JOBS=1` for one.
test: setup
	$(BIN)/pytest --numprocesses $(JOBS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# Whole systems that are cancelled, killed, cut off and restarted: about 6 minutes.
test-failures: setup
	$(BIN)/pytest -m heavy tests/system/test_failures.py tests/system/test_cut_off_callbacks.py

# Sixty renders while workers, server, disk, network, storage and cache fail; `make chaos CHAOS_SEED=7` repeats a run.
# As root it gives one worker a small disk of its own. About 12 minutes.
chaos: setup
	CHAOS_SEED=$(CHAOS_SEED) $(BIN)/pytest -m heavy -rP tests/chaos

# The n8n workflows in a real n8n (Node 20; the first time installs it into .cache/n8n, which takes minutes).
test-n8n: setup
	$(BIN)/pytest -m heavy tests/system/test_n8n.py

# The processes of deployments/compose.yaml on a real Postgres and Redis (Debian: apt-get install postgresql redis-server).
test-production: setup
	$(BIN)/pytest -m heavy $(addprefix tests/production/test_,topology.py backup.py release.py)

# The run form in a headless Chromium (Debian: apt-get install chromium chromium-driver).
test-ui: setup
	$(BIN)/pytest -m heavy tests/system/test_run_form.py

# A hundred rows on two workers, one of which is killed half way: about 5 minutes.
test-batch: setup
	$(BIN)/pytest -m heavy -rP tests/flows/test_batch_on_workers.py

# Renders that are taken over by a program or worker with another home and cache, over S3: three minutes.
test-machines: setup
	$(BIN)/pytest -m heavy -rP tests/flows/test_two_machines.py

# Google Cloud Storage and Drive by the extras `gcs` and `gdrive`.
test-google: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[gcs,gdrive]'
	$(BIN)/pytest tests/blocks/test_google.py

# Word recognition by the extra `align`, with a model that the tests build.
test-align: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[align]'
	$(BIN)/pytest tests/engines/audio/test_recognition.py

# A hundred clients of the run API on Postgres and Redis (Debian: apt-get install postgresql redis-server): 8 minutes.
load: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[load]'
	$(BIN)/pytest -m heavy -rP tests/production/test_load.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/python deployments/audit.py

# Known vulnerabilities in the tested set; without advisories to ask, as behind a mirror, that is a failure here.
audit: setup
	$(BIN)/python deployments/audit.py --required

# Mutated media and specs for some minutes, on a printed seed: FUZZ_SEED=… plays one again.
fuzz: setup
	FUZZ_SECONDS=$${FUZZ_SECONDS:-300} $(BIN)/pytest -rP tests/hostile/test_fuzz.py

# The packages of a release, installed and looked over once, and the list of all that runs in it (CycloneDX), in dist/.
release: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[release]'
	rm -rf dist build/sbom
	$(BIN)/python -m build --no-isolation --outdir dist
	$(PYTHON) -m venv --without-pip build/sbom
	$(BIN)/python -m pip --python build/sbom/bin/python install --quiet --disable-pip-version-check --constraint constraints.txt '.[server]'
	build/sbom/bin/neuroshorts doctor
	$(BIN)/cyclonedx-py environment build/sbom --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.cdx.json

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python -m models.reference > docs/spec.md

bench: setup
	$(BIN)/python -m benchmarks.bench

# Milliseconds a frame of every transition and look.
bench-effects: setup
	$(BIN)/python -m benchmarks.effects

# docs/gallery.md and its pictures, by the real renderer: a minute on an idle machine.
gallery: setup
	$(BIN)/python -m benchmarks.gallery

# VMAF of every codec against a lossless render of short versions of the standard works: 5 to 12 minutes.
quality: setup
	$(BIN)/python -m benchmarks.quality

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis output
