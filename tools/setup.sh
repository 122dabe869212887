#!/bin/sh
# Installs what is missing and nothing else: tools/setup.sh run|test
#
# Python libraries go into .venv, in the versions and with the hashes of the lock file. Debian packages come through
# apt, only as root or with a sudo that asks nothing, and CLERKDESK_NO_APT=1 forbids it; those that are optional never
# stop the set-up. When all is there it takes a few milliseconds.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
case $kind in
run) lock=requirements.lock ;;
test) lock=requirements-dev.lock ;;
*)
    echo "usage: tools/setup.sh run|test" >&2
    exit 64
    ;;
esac
here=$(pwd -P)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_apt() {
    [ "${CLERKDESK_NO_APT:-}" = "" ] && command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }
}

apt_install() {
    may_apt || return 1
    set -- apt-get -qq -y -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=60 \
        install --no-install-recommends "$@"
    as_root env DEBIAN_FRONTEND=noninteractive "$@" >/dev/null 2>&1 && return 0
    as_root apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=30 update >/dev/null 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive "$@" >/dev/null 2>&1
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$python"
            return 0
        fi
    done
    return 1
}

make_venv() {
    python=$(find_python) || {
        apt_install python3 python3-venv || true
        python=$(find_python) || {
            echo "ClerkDesk needs Python 3.11 or newer: install it (Debian: apt-get install python3 python3-venv)." >&2
            exit 1
        }
    }
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return 0
    apt_install python3-venv || true
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return 0
    rm -rf .venv
    echo "Python has no venv module: install it (Debian: apt-get install python3-venv), then run this again." >&2
    exit 1
}

install_libraries() {
    wanted="$(cksum <"$lock") $here"
    stamp=.venv/.stamp-$kind
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/python ] && return 0
    # A folder that was moved has scripts that lead to the old place.
    if [ -f .venv/.place ] && [ "$(cat .venv/.place)" != "$here" ]; then rm -rf .venv; fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then make_venv; fi
    echo "Installing the libraries of $lock (once) ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
    echo "$here" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/clerkdesk-sources.pth"
    printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m clerkdesk "$@"\n' "$here" >.venv/bin/clerkdesk
    chmod +x .venv/bin/clerkdesk
    echo "$here" >.venv/.place
    echo "$wanted" >"$stamp"
}

compile_words() {
    for words in clerkdesk/locale/*/LC_MESSAGES/*.po; do
        [ -f "$words" ] || continue
        compiled=${words%.po}.mo
        if [ ! -f "$compiled" ] || [ "$words" -nt "$compiled" ]; then
            .venv/bin/pybabel --quiet compile --input-file "$words" --output-file "$compiled" >&2
        fi
    done
}

# optional COMMAND-OR-FILE PACKAGE WHAT-FOR
optional() {
    command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] && return 0
    missing="$missing $2"
    features="$features
  $2: $3"
}

look_for_packages() {
    missing= features=
    optional soffice libreoffice-writer-nogui "turning office drafts (doc, docx, odt) into PDF"
    if [ "$kind" = test ]; then
        postgres=
        for program in /usr/lib/postgresql/*/bin/initdb; do [ -x "$program" ] && postgres=$program; done
        optional "${postgres:-initdb}" postgresql "tests of the central server on PostgreSQL"
        optional pdftotext poppler-utils "tests that read printed pages"
        optional rsvg-convert librsvg2-bin "pictures of screens in the tests"
        optional /usr/share/fonts/truetype/noto/NotoMono-Regular.ttf fonts-noto-mono "pictures of screens in the tests"
    fi
}

install_packages() {
    stamp=.venv/.stamp-packages-$kind
    [ -f "$stamp" ] && return 0
    look_for_packages
    if [ -n "$missing" ]; then
        if may_apt; then echo "Installing optional packages (once):$missing ..." >&2; fi
        # shellcheck disable=SC2086  # a list of names
        if ! apt_install $missing; then
            for package in $missing; do apt_install "$package" || true; done
        fi
        look_for_packages
        if [ -n "$missing" ]; then
            echo "Not available here; everything else works. To have it: apt-get install$missing$features" >&2
        fi
    fi
    : >"$stamp"
}

install_libraries
compile_words
install_packages
