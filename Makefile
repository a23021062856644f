# Everything that is done with this repository. `make run` and `make test` need nothing before them.

SECONDS ?= 60
WORKLOAD ?= chat
PREFIX ?= /usr/local
SYSCONFDIR ?= $(PREFIX)/etc
SWIFT_SOURCES := Package.swift Sources Plugins Tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help run build install install-check test check lint abi-check interop interop-s2s fuzz e2e test-thread test-address bench bench-compare bench-smoke soak-storage profile clean dependencies

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build for release and serve with the config.json at the top
	.build/release/martlet serve --config config.json

build: dependencies ## build the server and its plugins for release
	swift build -c release

install: $(if $(shell command -v swift),build) ## install into DESTDIR and PREFIX what runs without a Swift toolchain
	@.ci/dependencies binutils patchelf
	@DESTDIR="$(DESTDIR)" .ci/install "$(PREFIX)" "$(SYSCONFDIR)"

install-check: build ## install into a folder, and serve from there without a Swift toolchain
	@.ci/dependencies binutils patchelf
	@.ci/install-check

dependencies: ## install the system libraries that are missing
	@.ci/dependencies

test: dependencies ## run every test
	swift build --build-tests --explicit-target-dependency-import-check error
	.ci/run-tests --skip-build

check: lint test ## lint, undeclared imports, tests

lint: ## formatting and style, as errors
	swift format lint --strict --recursive $(wildcard $(SWIFT_SOURCES))

abi-check: ## compare the plugin header with the one last released
	Sources/C/abi-check

e2e: dependencies ## the tests over real sockets alone
	.ci/run-tests --filter EndToEndTests

interop: build ## drive the server with other people's clients
	Tests/Interop/run

interop-s2s: build ## federate with prosody and ejabberd, in a network of its own
	Tests/Interop/s2s/run

fuzz: dependencies ## feed the parser with rubbish for SECONDS
	Tests/Fuzz/run $(SECONDS)

test-thread: dependencies ## run every test under ThreadSanitizer
	TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/thread.suppressions halt_on_error=1" \
		.ci/run-tests --no-parallel --sanitize=thread --scratch-path .build-thread \
		-Xlinker --export-dynamic

test-address: dependencies ## run every test under AddressSanitizer
	ASAN_OPTIONS=detect_leaks=0 .ci/run-tests --no-parallel --sanitize=address --scratch-path .build-address

bench: build ## measure, and print the figures of benchmarks/README.md
	benchmarks/run

bench-compare: build ## measure Martlet, prosody, ejabberd and bare C programs by turns
	benchmarks/compare $(COMPARE)

bench-smoke: build ## run every benchmark at toy size
	@.ci/dependencies postgresql
	benchmarks/run smoke

soak-storage: build ## kill the server and a PostgreSQL of its own 200 times under load: nothing lost, nothing doubled
	@.ci/dependencies postgresql
	benchmarks/run soak-storage

profile: build ## run WORKLOAD (chat) with ARGS under perf; leaves text and a flame graph in .cache/profile
	@.ci/dependencies linux-perf
	cd benchmarks && swift build -c release
	benchmarks/profile $(WORKLOAD) $(ARGS)

clean: ## remove what was built
	rm -rf .build .build-thread .build-address .cache
