#!/usr/bin/env bash
# Prints the path of a Chromium, installing Debian's when there is none and this is allowed to.
set -euo pipefail
source "$(dirname "$0")/need.sh"

find_chromium() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" && return 0
    done
    return 1
}

find_chromium || { need "the Chromium browser, for tests and pictures" chromium fonts-dejavu-core && find_chromium; }
