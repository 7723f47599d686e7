# The two commands a newcomer needs are "go run ./cmd/bapsang demo" and "make test".

# -race also checks pointers, and ends the process where bbolt follows one that a
# damaged file holds. The released program recovers there, which is what the tests of
# damage ask, so that check is off in bbolt alone.
GOFLAGS_TEST ?= -race -gcflags=go.etcd.io/bbolt/...=-d=checkptr=0 -timeout 30m

.PHONY: test test-program test-deploy test-alerts vet lint bench bench-load build skew

test: test-program test-deploy test-alerts ## what CI runs

test-program: vet
	go test $(GOFLAGS_TEST) ./...

test-deploy: # what it reads is outside its module, which go does not see change
	cd deploy/check && go vet . && go test -count=1 -timeout 30m .

test-alerts:
	cd deploy/check/alerts && go vet . && go test -count=1 -timeout 30m .

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go vet ./...

lint: ## rules of .golangci.yml, and code that nothing reaches
	@command -v golangci-lint >/dev/null || { echo "get it: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"; exit 1; }
	@command -v deadcode >/dev/null || { echo "get it: go install golang.org/x/tools/cmd/deadcode@v0.52.0"; exit 1; }
	golangci-lint run && cd deploy/check && golangci-lint run && cd alerts && golangci-lint run
	@out=$$(deadcode -test ./...) || exit 1; test -z "$$out" || { echo "$$out"; exit 1; }

bench: ## figures of docs/benchmarks.md
	go test -run '^$$' -bench . -benchmem ./...

bench-load: ## the load figures of docs/benchmarks.md
	go test -run '^$$' -bench 'Load' -benchtime 1x -timeout 3h ./cmd/bapsang/... ./agent/llm/...
	go test -run '^$$' -bench '^Benchmark(Jobs|Claim)$$' -benchtime 3000x ./store/postgres

# What `make skew` compares with while there is no tag: the commit that it came in with.
FROM ?= $(or $(shell git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null),$(shell git log --diff-filter=A --format=%h -- .ci/skew | tail -n 1))

skew: ## a fleet of two releases: FROM=<git ref>, by default the newest tag, to this one and back
	.ci/skew $(SKEW_FLAGS) $(FROM)

build: ## the program as it is released
	deploy/build.sh bin/bapsang
