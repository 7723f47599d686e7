# The two commands a newcomer needs are "go run ./cmd/bapsang demo" and "make test".

GOFLAGS_TEST ?= -race -timeout 20m

.PHONY: test vet lint bench bench-load build

test: vet ## what CI runs
	go test $(GOFLAGS_TEST) ./...

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go vet ./...

lint: ## rules of .golangci.yml, and code that nothing reaches
	@command -v golangci-lint >/dev/null || { echo "get it: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"; exit 1; }
	@command -v deadcode >/dev/null || { echo "get it: go install golang.org/x/tools/cmd/deadcode@v0.52.0"; exit 1; }
	golangci-lint run
	@out=$$(deadcode -test ./...) || exit 1; test -z "$$out" || { echo "$$out"; exit 1; }

bench: ## figures of docs/benchmarks.md
	go test -run '^$$' -bench . -benchmem ./...

bench-load: ## the load figures of docs/benchmarks.md
	go test -run '^$$' -bench 'Load' -benchtime 1x ./cmd/bapsang/... ./agent/llm/...

build:
	go build -trimpath -o bin/bapsang ./cmd/bapsang
