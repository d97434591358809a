#!/bin/sh
# Compares our noise with that of OpenDP, in an environment of its own.
# Usage: prove.sh [PYTHON-OF-OUR-ENVIRONMENT] [SEED] [DRAWS]
set -eu
cd "$(dirname "$0")/../.."
ours=${1:-.venv/bin/python}
seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
draws=${3:-500000}
venv=.venvs/opendp
wanted=$(cksum < tests/opendp/requirements.txt)
if [ "$(cat $venv/.installed 2>/dev/null)" != "$wanted" ]; then
    rm -rf $venv
    "$ours" -m venv $venv
    $venv/bin/pip --disable-pip-version-check install --quiet --requirement tests/opendp/requirements.txt
    echo "$wanted" > $venv/.installed
fi
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
PYTHONPATH=. "$ours" tests/opendp/draw.py "$seed" "$draws" > "$fresh"
PYTHONPATH=. $venv/bin/python tests/opendp/compare.py "$fresh"
