#!/bin/sh
# format.sh SOURCE-DIRECTORY: is every C file as .clang-format has it?
cd "$1" || exit 1
find dns tls policy output probe tests \( -name '*.c' -o -name '*.h' \) -print0 |
    xargs -0 clang-format --dry-run --Werror
