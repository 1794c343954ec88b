# What the project asks of a change, each part by itself. .ci/run does all of it.

.PHONY: all test race faults lint fuzz autobahn interop bench ci

all: lint test

test: ## the tests, with nothing but Go
	go test ./...

race: ## the tests under the race detector, and those with most goroutines five times
	go test -race ./...
	go test -race -count=5 -timeout 40m ./websocket/... ./listener

faults: ## the tests of websocket over calls that are cut short, interrupted or delayed, on each transport
	for transport in tcp unix tls stream; do for fault in short eintr delay; do \
	  COWHAND_TRANSPORT=$$transport COWHAND_FAULTS=$$fault go test -count=1 ./websocket || exit 1; \
	done; done

lint: ## gofmt, vet and staticcheck
	.ci/lint

fuzz: ## every fuzz target for a minute: make fuzz FUZZTIME=10
	.ci/fuzz

autobahn: ## the Autobahn suite, all 517 cases: make autobahn CASES=1-10
	.ci/autobahn $(or $(CASES),all)

interop: ## Node's ws client, and Chromium
	.ci/interop-node/run
	.ci/interop-chromium/run

bench: ## the Go benchmarks, with allocations, then Cowhand beside other libraries (Linux, about half an hour)
	go -C benchmarks test -run '^$$' -bench . -benchmem ./...
	go -C benchmarks run ./compare
	go -C benchmarks run ./alternatives

ci: ## everything
	.ci/run
