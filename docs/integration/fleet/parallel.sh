#!/usr/bin/env bash
# parallel.sh HOSTS OUT [FLAGS...]: checks a directory of directories, one per host, with as many processes as there are cores, and writes
# OUT/HOST.jsonl for each. Ends with 1 where some host has findings of weight. TLSLINT names the program.
set -euo pipefail
hosts=$(realpath "${1:?usage: parallel.sh HOSTS OUT [FLAGS...]}")
mkdir -p "${2:?usage: parallel.sh HOSTS OUT [FLAGS...]}"
out=$(realpath "$2")
shift 2
program=$(command -v "${TLSLINT:-tlslint}")
export program out

check() { # check HOST FLAGS...
    cd "$1"
    shift
    status=0
    "$program" check --isolated --allow-empty --quiet --output-format jsonl "$@" . > "$out/$(basename "$PWD").jsonl" || status=$?
    # xargs ends with 123 where a command ends with 1 to 125.
    return "$status"
}
export -f check

status=0
find "$hosts" -mindepth 1 -maxdepth 1 -type d -print0 | sort -z |
    xargs -0 -P "$(nproc)" -I{} bash -c 'check "$@"' check {} "$@" || status=$?
case $status in 0) exit 0 ;; 123) exit 1 ;; *) exit 2 ;; esac
