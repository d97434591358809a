#!/bin/sh
# Other people's drivers read our simulated chips over the simulated bus, in an environment of their own.
# Usage: prove.sh PYTHON-OF-OUR-ENVIRONMENT [--hardware BUSFILE] [ARGUMENTS OF PYTEST]
# With --hardware they read real ones; paths count from the root of the repository. See README.md.
set -eu
cd "$(dirname "$0")/../.."
ours=${1:-.venv/bin/python}
[ $# = 0 ] || shift
venv=.venvs/agreement
wanted=$(cksum < tests/agreement/requirements.txt)
if [ "$(cat $venv/.installed 2>/dev/null)" != "$wanted" ]; then
    rm -rf $venv
    "$ours" -m venv $venv
    $venv/bin/pip --disable-pip-version-check install --quiet --requirement tests/agreement/requirements.txt
    echo "$wanted" > $venv/.installed
fi
exec $venv/bin/python -m pytest --quiet --config-file tests/agreement/pytest.ini --rootdir . tests/agreement "$@"
