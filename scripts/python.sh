# shellcheck shell=bash
# Sourced by the other scripts.

# Prints the first of the given Pythons (all we support, when none is given) that starts and can make environments.
find_python() {
    local name
    [ $# -gt 0 ] || set -- python3.11 python3.12 python3.13 python3
    for name in "$@"; do
        if "$name" -c 'import sys, venv, ensurepip; assert (3, 11) <= sys.version_info < (3, 14)' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}
