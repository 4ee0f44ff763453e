#!/usr/bin/env bash
# comparison.sh [PROGRAM]: runs tlslint beside the file-reading tools of docs/comparison.md on the example that the README has, and prints
# what each says. Needs python3 with venv and PyPI.
set -euo pipefail
program=${1:-tlslint}
cd "$(dirname "$0")/.."
example=fixtures/examples/nginx
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gixy-ng crossplane checkov

printf '== gixy\n'; "$work/venv/bin/gixy" "$example/nginx.conf" || true
printf '== crossplane\n'; "$work/venv/bin/crossplane" parse "$example/nginx.conf" | head -c 300; echo
printf '== checkov\n'; "$work/venv/bin/checkov" --quiet --compact -d "$example" || true
printf '== tlslint\n'; "$program" check --output-format concise "$example" || true
