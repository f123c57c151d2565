# `make` alone says what there is to make.

CLI  := github.com/slotfarm/slotfarm/internal/cli
TOOL := go tool -modfile=tools/go.mod

# The platforms of a release, and what a binary says it was built from.
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64
VERSION    = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT     = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

# Settings, as in `make run ARGS='--time 2026-01-31T00:00:00Z'`.
ARGS      ?=
RUN       ?= .
BENCH     ?= .
BENCHTIME ?= 1s
DURATION  ?= 5s
FUZZTIME  ?= 30s
SOAK      ?= 10m

# Everything but the end-to-end tests.
UNIT = $$(go list ./... | grep -v /e2e/)

# Builds a static binary ($1) for the platform that the environment names. The
# exporter of spans links a gRPC client that it never calls; the tag leaves out the
# web pages which that client would have about itself.
gobuild = CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags grpcnotrace -o $(1) \
	-ldflags "-s -w -X $(CLI).version=$(VERSION) -X $(CLI).commit=$(COMMIT)" ./cmd/slotfarm

# Runs go test on packages ($1), with the race detector where there is a C compiler.
# No package takes a third of the limit, on a machine of two cores with other work.
define gotest
@race=-race; \
if ! scripts/deps.sh has cc; then \
	echo 'WARNING: no C compiler: the tests run WITHOUT the race detector' >&2; \
	if [ "$$CI" = true ]; then exit 1; fi; \
	race=; export CGO_ENABLED=0; \
fi; \
SLOTFARM_E2E_BINARIES=$(CURDIR)/bin go test $$race -count=1 -timeout 20m -run '$(RUN)' $(1)
endef

.DEFAULT_GOAL := help

.PHONY: help
help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the static binary bin/slotfarm
	@$(call gobuild,bin/slotfarm)

.PHONY: binaries
binaries: build
	@CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags grpcnotrace -o bin/gosdk ./e2e/gosdk

.PHONY: dist
dist: build ## build a release in dist: binaries, Debian packages, checksums
	@rm -rf dist
	@for platform in $(PLATFORMS); do \
		export GOOS=$${platform%/*} GOARCH=$${platform#*/}; \
		file=dist/slotfarm_$(VERSION)_$${GOOS}_$$GOARCH; \
		case $$GOOS in windows) file=$$file.exe ;; esac; \
		$(call gobuild,$$file) || exit 1; \
	done
	@scripts/package.sh $(VERSION)
	@cd dist && sha256sum slotfarm_* >SHA256SUMS

.PHONY: run
run: build ## build it and run the sandbox (ARGS='--listen …')
	@exec bin/slotfarm sandbox $(ARGS)

.PHONY: test
test: deps lint vuln binaries ## run every check and every test; installs what they need where it can
	go test -C tools ./...
	$(call gotest,./...)
	@$(MAKE) --no-print-directory fuzz FUZZTIME=5000x # a number: go test now and then fails where a time ends

.PHONY: unit
unit: ## run the fast tests: all but the end-to-end ones (RUN=TestName)
	$(call gotest,$(UNIT))

.PHONY: e2e
e2e: deps binaries ## run the end-to-end tests with real AWS clients (RUN=TestName)
	$(call gotest,./e2e/...)

.PHONY: e2e-failover
e2e-failover: ## lose the database's leader under load (etcd, Patroni, PostgreSQL)
	@scripts/deps.sh failover
	go test -count=1 -timeout 20m -v -run 'TestFailover' ./e2e/nodes

.PHONY: lint
lint: ## check format, go vet and staticcheck
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then \
		printf 'not formatted; run gofmt -w on them:\n%s\n' "$$unformatted" >&2; \
		exit 1; \
	fi
	go vet ./...
	go vet -C tools ./...
	$(TOOL) staticcheck ./...
	cd tools && go tool staticcheck ./...

.PHONY: vuln
vuln: ## look for known vulnerabilities in what is used
	@scripts/vuln.sh

.PHONY: bench
bench: ## run the benchmarks (BENCH=Name BENCHTIME=1s)
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 30m $(UNIT)

.PHONY: bench-plots
bench-plots: build ## measure in series and draw docs/performance (DURATION=5s, ARGS='--database-url …')
	go run -C tools ./benchplots --slotfarm $(CURDIR)/bin/slotfarm --out $(CURDIR)/docs/performance --duration $(DURATION) $(ARGS)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@grep -roE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' cmd internal | \
	while IFS=: read -r file func; do \
		echo "fuzz: $${func#func } in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" </dev/null || exit 1; \
	done

.PHONY: soak
soak: ## simulate accounts with faults and fresh seeds for SOAK (10m), then crash servers for as long
	cd internal/simulation && go test -count=1 -timeout 0 -run '^TestSoak$$' -soak $(SOAK)
	go test -count=1 -timeout 0 -v -run '^TestFlatBehindSessions$$' ./internal/billing -sessions 1000000
	go test -count=1 -timeout 0 -p 1 -v -run '^(TestSoak|TestClientsThatNeverRead|TestCopiesOfALiveFile)$$' ./e2e/crash ./e2e/nodes -soak $(SOAK)

.PHONY: golden
golden: ## write the golden files anew, and show which changed (RUN=TestName)
	@for dir in $$(grep -rlE 'flag\.Bool(Var)?\(.*"update"' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
		go test -count=1 -timeout 10m -run '$(RUN)' "$$dir" -update || exit 1; \
	done
	@-git status --short -- '*.golden*' '*/testdata/*'

.PHONY: deps
deps: ## install what the tests need beside Go
	@scripts/deps.sh

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf bin dist e2e/js/node_modules
