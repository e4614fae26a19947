#!/usr/bin/python3
"""Holds every option of `mxprobe check` against CONTRACT.md and VOCABULARY.md.

    lab run -q -- check_options.py [WORD…]

The cases stand in labkit/options/, in the groups of `mxprobe check --help`; WORDs choose those
whose names hold them all. An option of --help that no case covers is a failure too.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, invoke, program  # noqa: E402
from labkit.options import (deeper, judgement, limits, network, output, status,  # noqa: E402,F401
                            what_if)  # noqa: F401


@cases.case()
def every_option_of_the_help_has_a_case():
    named = set()
    for line in invoke.mxprobe("check", "--help").out.splitlines():
        found = re.match(r"  (-\w)?(?:, )?(--[a-z][a-z0-9-]*)?(?: |$)", line)
        if found:
            named.update(option for option in found.groups() if option)
    covered = {option for each in cases.CASES for option in each.options}
    cases.holds("options in --help", len(named) > 30, sorted(named))
    cases.same("options without a case", sorted(named - covered), [])
    cases.same("cases for options that --help does not list", sorted(covered - named), [])


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
