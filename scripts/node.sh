#!/usr/bin/env bash
# Makes sure there is a Node of 20 or later with npm. Only developing needs it; running Observe never does.
set -euo pipefail
source "$(dirname "$0")/need.sh"

is_recent() {
    command -v npm >/dev/null && command -v node >/dev/null && [ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ]
}

is_recent && exit 0
need "Node.js 20 or later with npm, for the JavaScript tests" nodejs npm
is_recent || { echo "This system's Node is older than 20. Please install Node.js 20 or later." >&2; exit 1; }
