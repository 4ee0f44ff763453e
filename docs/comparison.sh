#!/usr/bin/env bash
# comparison.sh [PROGRAM]: runs tlslint beside the file-reading tools of docs/comparison.md on the same three configurations, and prints
# what each says. Needs python3 with venv and PyPI.
set -euo pipefail
program=${1:-tlslint}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gixy-ng crossplane checkov

mkdir "$work/old" "$work/inherited" "$work/upstream"
cat > "$work/old/nginx.conf" <<'NGINX'
events {}
http {
    server {
        listen 443 ssl;
        server_name old.example;
        ssl_certificate old.crt;
        ssl_certificate_key old.key;
        ssl_protocols TLSv1 TLSv1.2;
    }
}
NGINX
cat > "$work/inherited/nginx.conf" <<'NGINX'
events {}
http {
    ssl_ciphers HIGH:!aNULL;
    server {
        listen 443 ssl;
        server_name inherited.example;
        ssl_certificate a.crt;
        ssl_certificate_key a.key;
        ssl_protocols TLSv1.2;
    }
}
NGINX
cat > "$work/upstream/nginx.conf" <<'NGINX'
events {}
http {
    server {
        listen 127.0.0.1:8080;
        location / { proxy_pass https://api.example; }
    }
}
NGINX

for case in old inherited upstream; do
    printf '\n== %s\n' "$case"
    printf -- '-- gixy\n'; "$work/venv/bin/gixy" "$work/$case/nginx.conf" || true
    printf -- '-- crossplane\n'; "$work/venv/bin/crossplane" parse "$work/$case/nginx.conf" | head -c 300; echo
    printf -- '-- checkov\n'; "$work/venv/bin/checkov" --quiet --compact -d "$work/$case" || true
    printf -- '-- tlslint\n'; "$program" check --output-format concise "$work/$case" || true
done
