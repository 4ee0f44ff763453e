#!/bin/sh
# Installs the newest release of tlslint, or the one that is named: install.sh [--version X.Y.Z] [--to DIRECTORY] [--from ADDRESS]
# It fetches the archive for this machine and SHA256SUMS, compares, and puts the binary into DIRECTORY (~/.local/bin).
set -eu
from=${TLSLINT_RELEASES:-}
version=
to=${HOME:-}/.local/bin
while [ $# -gt 0 ]; do
    case $1 in
        --version) version=${2:?--version needs a version}; shift 2 ;;
        --to) to=${2:?--to needs a directory}; shift 2 ;;
        --from) from=${2:?--from needs the address of the releases}; shift 2 ;;
        *) echo "install.sh: unknown argument $1" >&2; exit 2 ;;
    esac
done
[ -n "$from" ] || { echo "install.sh: name the address of the releases with --from or TLSLINT_RELEASES" >&2; exit 2; }

case $(uname -s) in
    Linux) system=unknown-linux-musl ;; # static: it runs on every distribution
    Darwin) system=apple-darwin ;;
    *) echo "install.sh: there is no archive for $(uname -s)" >&2; exit 1 ;;
esac
case $(uname -m) in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) echo "install.sh: there is no archive for $(uname -m)" >&2; exit 1 ;;
esac
archive=tlslint-$machine-$system.tar.gz
if [ -n "$version" ]; then base=$from/download/v$version; else base=$from/latest/download; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch() { # fetch NAME
    if command -v curl >/dev/null; then curl --fail --silent --show-error --location --output "$work/$1" "$base/$1"
    else wget --quiet --output-document="$work/$1" "$base/$1"; fi
}
fetch "$archive"
fetch SHA256SUMS
cd "$work"
grep " $archive\$" SHA256SUMS > sum || { echo "install.sh: SHA256SUMS does not name $archive" >&2; exit 1; }
if command -v sha256sum >/dev/null; then sha256sum -c sum >/dev/null; else shasum -a 256 -c sum >/dev/null; fi ||
    { echo "install.sh: the checksum of $archive is wrong; nothing was installed" >&2; exit 1; }
tar -xzf "$archive"
mkdir -p "$to"
cp "tlslint-$machine-$system/tlslint" "$to/.tlslint.new"
chmod 755 "$to/.tlslint.new"
mv "$to/.tlslint.new" "$to/tlslint"
"$to/tlslint" --version
case :$PATH: in *:"$to":*) ;; *) echo "$to is not on your PATH" ;; esac
