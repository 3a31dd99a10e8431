# The commands of the project. `make run` and `make test` are all a newcomer needs.

PYTHON ?= python3
VENV ?= .venv
# More arguments for the installation of torch, such as an index of CPU builds.
export TORCH_ARGS ?=
# How many tests run side by side; auto: one for each core.
JOBS ?= auto
# How long each reader is fuzzed.
SECONDS ?= 60
# How long `make chaos` breaks things, and which.
MINUTES ?= 3
SEED ?= 0
# How many changes of the code `make mutants` tries, of lines that are new since which revision,
# and in which folders.
N ?= 60
SINCE ?=
IN ?=
SERVICES := shared services/steering services/simulator services/trainer services/inferencer
BIN := $(VENV)/bin
export VENV
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Numerical libraries start a thread for each core otherwise, in each of many processes.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# What `make bench-discovery` searches and how; bench/discovery.py describes it.
POOL ?=
SEEDS ?=
SURROGATE ?=
GOAL ?=
PROTOCOL ?=
START ?=
LABELS ?=
TOP ?=
COLUMN ?=
CHEAP ?=
LADDER ?=
PROMOTION ?=

# What `make bench` runs, each as `make bench-NAME`, beside a peer in an environment of its own.
BENCHES := featurize feed infer memory progress react roundtrip simulate start throughput train update
MOLECULES ?=

# What waits for real processes can fail on a machine that is held up; the summary names what did.
TWICE := --reruns 1 --rerun-show-tracebacks -raR

# The site that is brought up or down: deploy/sites/SITE.toml; on Kubernetes, which overlay of it.
SITE ?=
OVERLAY ?=
CHOSEN := $(OVERLAY:%=MOLSTEER_KUBERNETES__OVERLAY=%)

.PHONY: run test test-sites check lint fuzz chaos mutants bench-discovery format data docs site
.PHONY: bench $(BENCHES:%=bench-%)
.PHONY: monitor deploy undeploy
.PHONY: wheels images lock clean

run: $(VENV)/installed ## Run the example campaign to its end.
	$(BIN)/molsteer run examples/quickstart.toml

test: $(VENV)/installed ## Run every test that needs no GPU.
	scripts/install_test_parts.sh
	$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal $(TWICE)

test-sites: wheels ## Build the images, and run what is run on clusters with them.
	tests/sites/run.sh --numprocesses $(JOBS) $(TWICE)

check: lint ## Lint, and run the fast tests.
	$(BIN)/pytest --numprocesses $(JOBS) --dist worksteal -m fast -q

lint: $(VENV)/installed ## Format, lint, types, import contracts, known vulnerabilities.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/audit.py

fuzz: $(VENV)/installed ## Look for bytes that break a reader, SECONDS=60 for each.
	scripts/fuzz.sh $(SECONDS)

chaos: $(VENV)/installed ## Break everything around a campaign, for MINUTES, as SEED says; judge it.
	@PYTHONPATH=tests $(BIN)/python -m chaos --minutes $(MINUTES) --seed $(SEED)

mutants: $(VENV)/installed ## Change N lines, as SEED says, and show which no fast test notices.
	@$(BIN)/python scripts/mutants.py --count $(N) --seed $(SEED) $(SINCE:%=--since %) $(IN)

bench: $(BENCHES:%=bench-%) ## Measure us beside our peers; MOLECULES=file.smi and N=… as each takes them.

$(BENCHES:%=bench-%): bench-%: $(VENV)/installed
	@PYTHONPATH=tests $(BIN)/python bench/$*.py $(MOLECULES:%=--molecules %) \
		$(if $(filter command line,$(origin N)),--n $(N))

bench-discovery: $(VENV)/installed ## Measure how soon the best of POOL are found, in SEEDS campaigns.
	@$(BIN)/python bench/discovery.py $(POOL:%=--pool %) $(SEEDS:%=--seeds %) $(GOAL:%=--goal %) \
		$(SURROGATE:%=--surrogate %) $(PROTOCOL:%=--protocol %) $(START:%=--start %) \
		$(LABELS:%=--labels %) $(TOP:%=--top %) $(COLUMN:%=--column %) $(CHEAP:%=--cheap %) \
		$(LADDER:%=--ladder) $(PROMOTION:%=--promotion %)

format: $(VENV)/installed ## Format the code and mend what the linter can.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

data: $(VENV)/installed ## Fetch the MOSES molecules and build their search space.
	$(BIN)/python scripts/fetch_moses.py

docs: $(VENV)/installed ## Write the generated parts of the documentation.
	$(BIN)/python scripts/write_references.py
	$(BIN)/python scripts/write_run_records.py
	$(BIN)/python scripts/write_command_reference.py
	$(BIN)/python scripts/write_dashboards.py

site: $(VENV)/installed ## Build the documentation as a site, into dist/site.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

monitor: ## Start Prometheus, and Grafana where it is installed, with our rules and dashboards.
	scripts/monitor.sh

deploy: $(VENV)/installed ## Bring up server and workers of a site: make deploy SITE=laptop
	@$(CHOSEN) $(BIN)/molsteer site up "$(or $(SITE),$(error Name a site of deploy/sites: make deploy SITE=laptop))"

undeploy: $(VENV)/installed ## Take a site down again.
	@$(CHOSEN) $(BIN)/molsteer site down "$(or $(SITE),$(error Name the site: make undeploy SITE=laptop))"

wheels: $(VENV)/installed ## Build what can be installed without this clone, into dist/.
	rm -f dist/*.whl
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist $(SERVICES:%=./%) .

images: wheels ## Build the Apptainer images of all services, into dist/images.
	deploy/apptainer/build.sh

lock: wheels ## Choose newer versions of all dependencies, and say what changed.
	$(BIN)/python scripts/lock.py dist

clean: ## Remove what was installed and built, but no run directory.
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/installed: scripts/install.sh $(wildcard requirements/*.txt) $(SERVICES:%=%/pyproject.toml)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "molsteer needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	scripts/install.sh $(VENV)
	$(BIN)/pip install --quiet --no-deps --no-build-isolation $(SERVICES:%=-e ./%)
	touch $@
