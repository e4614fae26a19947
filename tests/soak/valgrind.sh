#!/usr/bin/env bash
# valgrind.sh: unit tests, scenarios and a check of the whole lab under valgrind; any error or leak
# fails. MXPROBE_BUILD names the build directory.
set -u
build=$(cd "${MXPROBE_BUILD:?}" && pwd) || exit 1
top=$(cd "$(dirname "$0")/../.." && pwd)
grind=(valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite)

status=0
for test in "$build"/tests/*_test; do
    "${grind[@]}" "$test" >/dev/null 2>"$build/valgrind.log"
    if [ $? = 99 ]; then
        echo "FAILED: $test"
        head -n 40 "$build/valgrind.log"
        status=1
    fi
done
wrapper=$(mktemp)
printf '#!/bin/sh\nexec %s %s/mxprobe "$@"\n' "${grind[*]}" "$build" >"$wrapper"
chmod +x "$wrapper"
MXPROBE=$wrapper LAB_CACHE=$build/lab-cache \
    "$top/tests/lab/lab" run -q -- "$top/tests/lab/check_findings.py" || status=1
rm -f "$wrapper"
exit $status
