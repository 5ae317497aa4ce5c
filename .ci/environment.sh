# Sourced by ./run and ./test, from the top of the repository.
#
# `environment NAME EXTRA` makes .venv and installs s2sad there, editable, with the extra (may be empty).
# A stamp of what was installed makes every later call a comparison of two small files.

# What pip or Python are told elsewhere is not meant for this environment.
unset PYTHONHOME PYTHONPATH

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "s2sad needs Python 3.11 or newer, and finds none on the PATH." \
        "On Debian and Ubuntu: apt-get install python3. Or name one: PYTHON=/path/to/python3 $0"
}

make_venv() {
    python=$(find_python) || exit 1
    rm -rf .venv
    if "$python" -m venv .venv >/dev/null 2>&1; then
        return
    fi
    # Debian has ensurepip in a package of its own, python3-venv; without it pip comes from the index.
    rm -rf .venv
    if "$python" -m venv --without-pip .venv >&2 && .venv/bin/python .ci/fetch_pip.py .venv; then
        return
    fi
    rm -rf .venv
    fail "$python cannot make a virtual environment, or fetch pip for it." \
        "On Debian and Ubuntu: apt-get install python3-venv"
}

stamp_text() {
    pwd
    cat pyproject.toml
}

environment() {
    stamp=.venv/installed-$1
    # Everything that ./run needs is also in what ./test installs.
    for found in "$stamp" .venv/installed-test; do
        if [ -f "$found" ] && stamp_text | cmp -s - "$found" && is_new_enough .venv/bin/python; then
            return
        fi
    done
    printf 'Setting up .venv for ./%s (once; later calls skip this) ...\n' "$1" >&2
    # Scripts in .venv hold its path: start anew where it was moved, or where its Python is gone.
    if ! is_new_enough .venv/bin/python || [ "$(sed -n 1p .venv/home 2>/dev/null)" != "$(pwd)" ]; then
        make_venv
        pwd >.venv/home
    fi
    rm -f .venv/installed-*
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$2" >&2 ||
        fail "Installing failed; pip says why above. Delete .venv to start afresh."
    stamp_text >"$stamp"
}
