# The recipes of the project. `.ci/run` and the workflow call these and nothing else.
#
#   make demo [MEDIA=folder]  index recordings, spoil clips of them, name them again; needs Rust and a C compiler
#   make test                 everything a change must pass: format, lints, docs, fuzz targets, examples, benches, tests
#   make c | python | node    the suite of one language (`make test` runs them all)
#   make wheel                the Python wheel, in dist/
#   make install PREFIX=...   libsonic, its header and sonic.pc
#   make fmt | lint | docs    the formatter; clippy with warnings denied; the reference in target/doc
#   make bench                all measurements, in release mode (set SONIC_TEST_ASSETS for those on real recordings)
#   make fuzz [SECONDS=60]    run every fuzz target for a while; needs `cargo install cargo-fuzz`
#   make clean                remove what was built and what the demo left

CARGO ?= cargo
MEDIA ?=
SECONDS ?= 60
# One target directory for everything, the fuzz crates included.
TARGET = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
FUZZ = $(wildcard crates/*/fuzz)
# The Python that runs the suites, in an environment that `make` makes.
PYTHON ?= python3
VENV = $(CURDIR)/.venv
VENV_BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
MATURIN = cd bindings/python && VIRTUAL_ENV="$(VENV)" CARGO_TARGET_DIR="$(TARGET)" "$(VENV_BIN)/maturin"
# libsonic as the tests build it.
LIBRARY = $(TARGET)/debug/libsonic_c.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
# ONNX Runtime, of the Python package in that environment; tests of models skip themselves without it.
RUNTIME = $(shell ls "$(VENV)"/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.* 2> /dev/null | head -n 1)
WITH_RUNTIME = $(if $(RUNTIME),ORT_DYLIB_PATH="$(RUNTIME)")
PREFIX ?= /usr/local
CXX_FOUND = $(shell command -v c++ || command -v g++ || command -v clang++)

.PHONY: demo test c python python-lint node wheel install fmt lint docs bench bench-bindings fuzz clean check-fmt fuzz-build once

demo:
	@$(CARGO) run --quiet --release --example demo -- "$(patsubst ~/%,$(HOME)/%,$(MEDIA))"

# The tests come last, so that the closing lines are those of the test runner.
test: check-fmt lint docs fuzz-build once python node
	$(CARGO) build --package sonic-media-cli
	$(CARGO) test --example demo
	PATH="$$PATH:$(VENV_BIN)" $(WITH_RUNTIME) $(CARGO) test --workspace

# The C suite builds libsonic, installs it to a scratch folder and compiles against that.
c: $(VENV)/.ready
	PATH="$$PATH:$(VENV_BIN)" $(WITH_RUNTIME) $(CARGO) test --package sonic-media-c

python: python-lint
	"$(VENV_BIN)/python" -m pytest bindings/python

# The extension module is built in the profile of the tests, and installed in place.
python-lint: $(VENV)/.ready
	$(MATURIN) develop --quiet
	cd bindings/python && "$(VENV_BIN)/ruff" format --check . && "$(VENV_BIN)/ruff" check . && \
	  "$(VENV_BIN)/mypy" --strict python

$(VENV)/.ready: bindings/python/requirements-test.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: set PYTHON")'
	$(PYTHON) -m venv "$(VENV)"
	"$(VENV_BIN)/python" -m pip install --quiet --requirement bindings/python/requirements-test.txt
	touch "$@"

node:
	@if command -v npm > /dev/null; then \
	  $(CARGO) build --package sonic-media-c && export SONIC_LIBRARY="$(LIBRARY)" && \
	  for folder in bindings/node examples/node-server; do \
	    (cd $$folder && npm ci --no-fund --no-audit && npm test) || exit 1; \
	  done; \
	else echo "the Node suite is not run: there is no npm"; fi

wheel: $(VENV)/.ready
	$(MATURIN) build --release --out "$(CURDIR)/dist"

install:
	$(MAKE) -C bindings/c install PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"

check-fmt:
	$(CARGO) fmt --all --check

fmt:
	$(CARGO) fmt --all

lint:
	$(CARGO) clippy --workspace --all-targets -- --deny warnings

docs:
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --workspace --no-deps

# Every example, and every bench in its test mode, runs once.
once: $(VENV)/.ready
	$(CARGO) run --quiet --example demo
	$(WITH_RUNTIME) $(CARGO) test --package sonic-workspace --benches -- --test

bench:
	$(CARGO) bench --package sonic-workspace

# Python and C against Rust; the package is left installed in release mode.
bench-bindings: $(VENV)/.ready
	$(MATURIN) develop --quiet --release
	$(CARGO) bench --package sonic-workspace --bench bindings

# Compiling a fuzz target needs neither cargo-fuzz nor nightly, only a C++ compiler for the driver.
fuzz-build:
ifeq ($(CXX_FOUND),)
	@echo "fuzz targets are not compiled: there is no C++ compiler"
else
	@for folder in $(FUZZ); do \
	  (cd $$folder && $(CARGO) build --quiet --target-dir "$(TARGET)/fuzz") || exit 1; \
	done
endif

# The standard toolchain is enough for the sanitizer too.
fuzz:
	@for folder in $(FUZZ); do \
	  for target in $$(basename -s .rs $$folder/fuzz_targets/*.rs); do \
	    (cd $$folder/.. && RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target -- \
	      -timeout=10 -rss_limit_mb=1024 -max_total_time=$(SECONDS)) || exit 1; \
	  done; \
	done

clean:
	$(CARGO) clean
	rm -rf demo-out crates/*/fuzz/target
