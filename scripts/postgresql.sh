#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs, installing Debian's when there is none and this is allowed to.
set -euo pipefail
source "$(dirname "$0")/need.sh"

find_postgresql() {
    local folder
    for folder in "${POSTGRESQL:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) "$(dirname "$(command -v initdb || true)")"; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && echo "$folder" && return 0
    done
    return 1
}

find_postgresql || { need "PostgreSQL's server, for tests on both databases" postgresql && find_postgresql; }
