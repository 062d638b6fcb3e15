#!/usr/bin/env bash
# venv.sh PYTHON FOLDER: makes FOLDER a virtual environment of a Python 3.11 or later, when it is not one yet.
set -euo pipefail
source "$(dirname "$0")/need.sh"
python=$1 folder=$2

[ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1 && exit 0

command -v "$python" >/dev/null || need "Python 3.11 or later" python3 python3-venv
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Observe needs Python 3.11 or later; $python is $("$python" -V). Try: make PYTHON=python3.12 ..." >&2
    exit 1
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || need "Python's venv module" python3-venv
"$python" -m venv --clear "$folder"
