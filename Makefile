# The recipes of the project. `.ci/run` and the workflow call these and nothing else.
#
#   make demo [MEDIA=folder]  index recordings, spoil clips of them, name them again; needs Rust and a C compiler
#   make test                 everything a change must pass: format, lints, docs, fuzz targets, examples, benches, tests
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
CXX_FOUND = $(shell command -v c++ || command -v g++ || command -v clang++)

.PHONY: demo test fmt lint docs bench fuzz clean check-fmt fuzz-build once

demo:
	@$(CARGO) run --quiet --release --example demo -- "$(patsubst ~/%,$(HOME)/%,$(MEDIA))"

# The tests come last, so that the closing lines are those of the test runner.
test: check-fmt lint docs fuzz-build once
	$(CARGO) build --package sonic-media-cli
	$(CARGO) test --example demo
	$(CARGO) test --workspace

check-fmt:
	$(CARGO) fmt --all --check

fmt:
	$(CARGO) fmt --all

lint:
	$(CARGO) clippy --workspace --all-targets -- --deny warnings

docs:
	RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --workspace --no-deps

# Every example, and every bench in its test mode, runs once.
once:
	$(CARGO) run --quiet --example demo
	$(CARGO) test --package sonic-workspace --benches -- --test

bench:
	$(CARGO) bench --package sonic-workspace

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
