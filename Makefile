# `make` lists what there is to do.
.DEFAULT_GOAL := help
.PHONY: help demo test lint generate check bench playground clients tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(if $(shell command -v npm),playground) ## run everything in one process, with demo data
	cargo run --release -p pipewright -- demo

test: tools playground clients ## run every test, on SQLite and on real PostgreSQL and NATS
	cargo nextest run --workspace

lint: ## check formatting and run clippy
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

generate: ## write what is generated into schema/
	cargo run -p pipewright -- schema export

check: generate ## fail when schema/ was not up to date, or a change breaks clients
	@git diff --exit-code -- schema && test -z "$$(git ls-files --others --exclude-standard schema)" || \
		{ echo 'schema/ was out of date: add and commit what make generate wrote' >&2; exit 1; }
	cargo run -p pipewright -- schema check

bench: tools ## measure under load; `make bench only="import start"` measures those alone
	cargo build --release --workspace --bins
	@# As built: `cargo run -p` would choose other features and build it all again.
	"$${CARGO_TARGET_DIR:-target}"/release/bench $(only)

tools: ## install cargo-nextest and the test servers into .tools
	@scripts/tools.sh

# The page that the gateway serves at /, built again when a source is newer.
playground := web/playground
sources := $(shell find $(playground) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null) \
	schema/glossary.yaml

playground: $(playground)/dist/index.html ## build the playground (needs Node 20)

$(playground)/dist/index.html: $(sources)
	cd $(playground) && npm ci --no-audit --no-fund && npm run build
	@touch $@

# The TypeScript client: types from the published schema and the queries, checked by the compiler.
typescript := clients/typescript
typed := schema/api.graphql $(wildcard clients/queries/*) $(wildcard $(typescript)/src/*.ts) \
	$(addprefix $(typescript)/,package.json codegen.yml tsconfig.json)

clients: $(typescript)/dist/journey.js ## generate and build the example clients (needs Node 20)
	@# All of the workspace, so that nothing is compiled twice for other features.
	cargo build --workspace --bin example-journey --bin example-newest-leads

$(typescript)/dist/journey.js: $(typed) $(typescript)/node_modules/.package-lock.json
	cd $(typescript) && npm run build
	@touch $@

$(typescript)/node_modules/.package-lock.json: $(typescript)/package-lock.json
	cd $(typescript) && npm ci --no-audit --no-fund
	@touch $@
