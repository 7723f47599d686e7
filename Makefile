# The two commands a newcomer needs are "go run ./cmd/bapsang demo" and "make test".

GOFLAGS_TEST ?= -race -timeout 20m

.PHONY: test vet lint bench bench-load build

test: vet ## what CI runs
	go test $(GOFLAGS_TEST) ./...

vet:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go vet ./...

lint: ## needs golangci-lint v2: go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	golangci-lint run

bench: ## figures of docs/benchmarks.md
	go test -run '^$$' -bench . -benchmem ./...

bench-load: ## the load figures of docs/benchmarks.md
	go test -run '^$$' -bench 'Load' -benchtime 1x ./cmd/bapsang/...

build:
	go build -trimpath -o bin/bapsang ./cmd/bapsang
