.DEFAULT_GOAL := help
.PHONY: help build test lint

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

build: ## Release build of the worker
	cargo build --release

lint: ## Formatting and lints
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

test: lint ## Lints and tests
	cargo test
