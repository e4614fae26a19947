# Sourced by ./demo and ./test: installs what is missing on a Debian 12, builds, never starts a
# service. Nothing that is installed already is touched or removed.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 70
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

build_packages="gcc libc6-dev cmake make pkg-config libssl-dev libc-ares-dev libcurl4-openssl-dev
    libevent-dev libcjson-dev libidn2-dev zlib1g-dev libgmime-3.0-dev"
lab_packages="nsd unbound nginx-light postfix ldnsutils openssl iproute2 util-linux procps python3
    python3-cryptography
    ca-certificates"
test_packages="libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev gnutls-bin bind9-dnsutils curl
    sslscan testssl.sh
    python3-jsonschema strace valgrind gcovr"
bench_packages="linux-perf sslscan"

say() {
    printf '%s\n' "== $*"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 70
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "This needs root: the lab of real servers lives in network namespaces."
    fi
}

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' ||
            printf '%s ' "$package"
    done
}

# Debian starts a service when its package is installed, unless this file says no. Ours goes again.
forbid_services() {
    [ -e /usr/sbin/policy-rc.d ] && return
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

# install_missing PACKAGE...
install_missing() {
    local missing log
    missing=$(missing_packages "$@")
    [ -z "$missing" ] && return
    say "installing: $missing"
    log=$(mktemp)
    forbid_services
    echo 'postfix postfix/main_mailer_type select No configuration' |
        as_root debconf-set-selections 2>/dev/null
    # shellcheck disable=SC2086
    if ! { as_root apt-get update -q &&
           as_root apt-get install -q -y --no-install-recommends --no-remove $missing; } \
            >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        fail "The packages could not be installed. Another mail server in the way of postfix? Use a" \
             "machine or container of its own."
    fi
    rm -f "$log"
    if [ -n "$(trap -p EXIT)" ]; then
        trap - EXIT
        as_root rm -f /usr/sbin/policy-rc.d
    fi
}

# build PRESET [CMAKE-OPTION...]: quiet unless it fails.
build() {
    local preset=$1 log
    shift
    log=$(mktemp)
    say "building ($preset)"
    if ! { cmake --preset "$preset" "$@" &&
           cmake --build --preset "$preset" -j "$(nproc)"; } >"$log" 2>&1; then
        grep -E 'error|Error|warning' -A 5 "$log" | head -n 60 >&2
        rm -f "$log"
        fail "The build failed."
    fi
    rm -f "$log"
}
