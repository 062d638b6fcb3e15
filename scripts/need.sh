# Sourced by the scripts beside it: bring in Debian packages where that is possible, or say plainly what to install.

need() { # need "what for" package...
    local purpose=$1
    shift
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing $* ($purpose) ..." >&2
        apt-get update -qq >&2 || echo "apt-get update failed; trying with the lists that are here" >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 </dev/null && return 0
    fi
    echo "Please install $purpose. On Debian or Ubuntu: sudo apt-get install $*" >&2
    return 1
}
