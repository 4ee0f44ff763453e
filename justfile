# Recipes for those who work on tlslint: `just` lists them. Each is one or two commands that also work without just.

# What there is.
default:
    @just --list

# Everything that must hold before a change lands.
all:
    .ci/run

# Files of a new check: `just new-check protocol-below-floor "what it reports"`.
new-check id summary:
    .ci/new-check "{{id}}" "{{summary}}"

# A new policy: `just new-policy example@2026`.
new-policy id:
    .ci/new-policy "{{id}}"

# Writes generated pages and snapshots anew; read the difference before you commit it.
bless:
    TLSLINT_UPDATE=1 cargo test --test docs
    INSTA_UPDATE=always cargo test

# Random configurations against the live servers of this machine.
live:
    cargo build --release
    tests/live/run target/release/tlslint

# Every artefact of a release that this machine can make, tried.
release-dry-run:
    packaging/release-dry-run

# Workflows, scripts and the image, looked at by their linters.
lint:
    packaging/lint
