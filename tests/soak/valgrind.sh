#!/usr/bin/env bash
# valgrind.sh: unit tests, scenarios and a check of the whole lab under valgrind; any error or leak
# fails. MXPROBE_BUILD names the build directory. Takes a quarter of an hour on two cores.
set -u
build=$(cd "${MXPROBE_BUILD:?}" && pwd) || exit 1
top=$(cd "$(dirname "$0")/../.." && pwd)
export GRIND="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite"

# Only valgrind's own verdict counts here: what a test finds, ctest tells.
one_test() {
    local log status
    log=$(mktemp)
    # shellcheck disable=SC2086
    $GRIND "$@" >/dev/null 2>"$log"
    status=$?
    [ "$status" = 99 ] && echo "FAILED: $*" && head -n 40 "$log"
    rm -f "$log"
    [ "$status" != 99 ]
}
export -f one_test

status=0
find "$build/tests" -maxdepth 1 -name '*_test' -print0 |
    xargs -0 -n 1 -P "$(nproc)" bash -c 'one_test "$1"' one_test || status=1
find "$top/tests/scenarios" -name '*.txt' -print0 |
    xargs -0 -n 1 -P "$(nproc)" bash -c 'one_test "$0" "$1"' "$build/tests/scenario_runner" ||
    status=1

wrapper=$(mktemp)
printf '#!/bin/sh\nexec %s %s/mxprobe "$@"\n' "$GRIND" "$build" >"$wrapper"
chmod +x "$wrapper"
# Valgrind is slow, and a deadline of ours must not pass for that.
MXPROBE=$wrapper LAB_CACHE=$build/lab-cache LAB_TIMEOUT=40 LAB_CONNECT_TIMEOUT=20 LAB_SLOW=1 \
    "$top/tests/lab/lab" run -q -- "$top/tests/lab/check_findings.py" || status=1
rm -f "$wrapper"
exit $status
