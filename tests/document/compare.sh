#!/bin/sh
# compare.sh PROGRAM DOCUMENT: is the document what the program prints?
made=$(mktemp) || exit 1
trap 'rm -f "$made"' EXIT
"$1" >"$made" || exit 1
if ! diff -u "$2" "$made"; then
    echo "$2 is out of date: $1 > $2"
    exit 1
fi
if grep -nE '.{201}' "$2"; then
    echo "$2 has lines of more than 200 characters"
    exit 1
fi
