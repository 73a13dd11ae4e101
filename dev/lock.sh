#!/usr/bin/env bash
# Writes requirements/*.txt: every dependency pinned with its hashes, no address in them. Run after changing pyproject.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${UV:-uv}"
compile() { # compile OUTPUT EXTRA...: one extra's closure, held to the versions of the whole
  local output=$1; shift
  "$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
    ${constraint:+-c "$constraint"} $(printf -- '--extra %s ' "$@") -o "requirements/$output.txt" pyproject.toml
}
constraint="" compile dev dev
constraint=requirements/dev.txt
for extra in operator runner gateway nats site kubectl; do compile "$extra" "$extra"; done
