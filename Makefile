# Everything runs as you; installing packages asks sudo. `make install` takes DESTDIR, PREFIX, PHP_CONFIG,
# SPOOL_USER and PLUGINS: see packaging/install.sh.

.DEFAULT_GOAL := help
.PHONY: help build test demo bench lint plugin-check docs languages e2e two-servers walk plugins chaos cluster mysql fuzz scenarios install clean
.NOTPARALLEL:

SETUP := tests/network/install.sh
# The worker, the PHP extension, and the endpoint of demo and tests.
PARTS := --workspace --lib --bin webhooks-worker --bin endpoint

help: ## This list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## Release build: the worker, the PHP extension, the endpoint of demo and tests
	@$(SETUP) build
	cargo build --release $(PARTS)

demo: ## A WordPress network with webhooks to try, until Ctrl-C (HOST=, PORT=); ONCE=1: by itself
	@$(SETUP) build network wordpress
	cargo build $(PARTS)
	@HOST='$(HOST)' PORT='$(PORT)' ONCE='$(ONCE)' tests/demo/demo.sh

test: ## All lints and tests, on real parts; stops at the first failure
	@tests/all.sh

lint: ## Formatting and lints of Rust, PHP and shell
	@$(SETUP) build test
	@tests/lint.sh

plugin-check: ## The WordPress Coding Standards and Plugin Check over the plugin (DIR=: their sources)
	@packaging/plugin-check/run.sh '$(DIR)'

e2e: ## The browser test alone; makes the screenshots in docs/ (FLOW=: one flow)
	@$(SETUP) build network wordpress browser
	cargo build $(PARTS)
	@BUILD=target/debug FLOW='$(FLOW)' SCREENSHOTS=docs/screenshots tests/e2e/run.sh

two-servers: ## The pages in a browser, on two servers of one network with one log
	@$(SETUP) build network wordpress browser
	cargo build $(PARTS)
	@BUILD=target/debug tests/cluster/pages.sh

walk: ## From a signup to the deletion, and the table of what arrived at an endpoint
	@$(SETUP) build network wordpress
	cargo build $(PARTS)
	@BUILD=target/debug tests/walk/run.sh

plugins: ## Real plugins that lie in DIR=, on a network: what people do, and what arrives (NAME=: one); see docs/plugins.md
	@$(SETUP) build network wordpress
	@$(MAKE) --no-print-directory build
	@DIR='$(DIR)' NAME='$(NAME)' tests/plugins/run.sh

chaos: ## Everything fails and nothing is lost: SEEDS=20, SEED_START=1, SEED= (one); MUTANTS=1: bugs it must see
	@$(SETUP) build
	@$(MAKE) --no-print-directory build
	cargo build --release --workspace --lib --bin chaos
ifdef MUTANTS
	@SEEDS='$(SEEDS)' tests/chaos/mutants.sh
else ifdef SEED
	@tests/chaos/run.sh target/release --first '$(SEED)' --seeds 1
else
	@tests/chaos/run.sh target/release --first '$(or $(SEED_START),1)' --seeds '$(or $(SEEDS),20)'
endif

cluster: ## Three web servers on a cluster of databases, under faults: SEEDS=20, SEED_START=1, SEED=; SHORT=1: a look
	@$(SETUP) build network loopback $(if $(SHORT),,wordpress cluster)
	@$(MAKE) --no-print-directory build
	cargo build --release --workspace --lib --bin cluster
ifdef SHORT
	@OUT=target/cluster-short tests/cluster/run.sh target/release --short --first '$(or $(SEED),1)' --seeds 1
else ifdef SEED
	@tests/cluster/run.sh target/release --first '$(SEED)' --seeds 1
else
	@tests/cluster/run.sh target/release --first '$(or $(SEED_START),1)' --seeds '$(or $(SEEDS),20)'
endif

mysql: ## The store on MySQL, from Debian's suite sid, in place of MariaDB
	@$(SETUP) build network wordpress test
	@$(MAKE) --no-print-directory build
	@tests/mysql/run.sh

fuzz: ## Random input for everything that reads: 1,000,000 each (N=)
	FUZZ_CASES='$(or $(N),1000000)' cargo test --release --test fuzz --test delivery_fuzz --test delivery_answers

scenarios: ## Kills, reloads, slow endpoints and a full disk, under load; prints figures
	@$(SETUP) build network wordpress scenario
	@$(MAKE) --no-print-directory build
	@tests/scenarios/all.sh

bench: ## Figures beside those of peers, a table; QUICK=1: a look; BASE=: beside another commit; NAME=: one
	@$(SETUP) build network wordpress bench
	@$(MAKE) --no-print-directory build
	@QUICK='$(QUICK)' BASE='$(BASE)' tests/bench/run.sh $(NAME)

docs: ## events.md, asyncapi.json, architecture.svg and the list of hooks from the code; the crate's in target/doc
	@$(SETUP) build network wordpress
	@$(MAKE) --no-print-directory build
	@tests/network/with.sh php tests/asyncapi/make.php
	cargo run --release --quiet --package testkit --bin architecture
	cargo doc --no-deps --document-private-items

languages: ## The plugin's texts for translators, and their translations for WordPress (LOCALE=de_DE: a new language)
	@$(SETUP) languages wordpress
	@LOCALE='$(LOCALE)' packaging/languages/make.sh

install: ## Extension, INI, worker, spool folder and plugin into the system (DESTDIR=)
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' PHP_CONFIG='$(PHP_CONFIG)' SPOOL_USER='$(SPOOL_USER)' \
		PLUGINS='$(PLUGINS)' packaging/install.sh

clean: ## Removes all that was built, fetched and recorded
	rm -rf target tests/e2e/node_modules tests/asyncapi/node_modules
