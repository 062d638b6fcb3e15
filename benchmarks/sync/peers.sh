#!/usr/bin/env bash
# peers.sh PYTHON: install what Observe is measured beside. One that cannot be had is left out, and the page says so.
set -uo pipefail
cd "$(dirname "$0")"
python=$1 kinto=../../build/bench-sync/kinto

if [ package-lock.json -nt node_modules/.installed ]; then
    if npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then # LevelDB comes ready made; nothing is compiled
        touch node_modules/.installed
    else
        echo "pouchdb-server cannot be installed here: it will be left out." >&2
        rm -rf node_modules
    fi
fi

if [ kinto.txt -nt "$kinto/.installed" ]; then
    if "$python" -m venv --clear "$kinto" && "$kinto/bin/python" -m pip install --quiet -r kinto.txt; then
        touch "$kinto/.installed"
    else
        echo "Kinto cannot be installed here: it will be left out." >&2
        rm -rf "$kinto"
    fi
fi
