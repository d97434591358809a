#!/bin/sh
# Verifies and decodes our envelopes with something other than our own code: python-cwt and cbor2 5, in an environment
# of their own, from what docs/wire-format.md says. Usage: prove.sh [PYTHON-OF-OUR-ENVIRONMENT] [SEED]
set -eu
cd "$(dirname "$0")/../.."
ours=${1:-.venv/bin/python}
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
venv=.venvs/foreign
wanted=$(cksum < tests/foreign/requirements.txt)
if [ "$(cat $venv/.installed 2>/dev/null)" != "$wanted" ]; then
    rm -rf $venv
    "$ours" -m venv $venv
    $venv/bin/pip --disable-pip-version-check install --quiet --requirement tests/foreign/requirements.txt
    echo "$wanted" > $venv/.installed
fi
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
PYTHONPATH=. "$ours" tests/foreign/sign_fresh.py "$seed" > "$fresh"
PYTHONPATH=. $venv/bin/python tests/foreign/verify.py tests/vectors "$fresh" docs/wire-format.md
