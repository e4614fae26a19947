#!/usr/bin/python3
"""What every format promises, held for every domain of the lab.

    lab run -q -- check_formats.py

JSON fits docs/result.schema.json; text carries nothing that a terminal would obey but line feeds
and, where asked for, colours; nagios is one line whose perfdata a monitoring system can read; and
the exit status is the same by all of them.
"""
import functools
import json
import os
import re
import sys
import unicodedata
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import cases, program  # noqa: E402
from labkit.cases import case, holds, same  # noqa: E402
from labkit.invoke import check, lab_table  # noqa: E402

SGR = re.compile(r"\x1b\[[0-9]*(?:;[0-9]+)*m")
SCHEMA = HERE.parent.parent / "docs" / "result.schema.json"

# Monitoring Plugins development guidelines, "Performance data":
# 'label'=value[UOM];[warn];[crit];[min];[max]
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
PERFDATUM = re.compile(rf"(?P<label>'[^'=|]+'|[^\s'=|]+)=(?P<value>{NUMBER})"
                       rf"(?P<unit>s|us|ms|%|B|KB|MB|TB|c)?(?:;[^;\s]*){{0,2}}"
                       rf"(?:;(?:{NUMBER})?){{0,2}}")
STATES = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


@functools.cache
def groups():
    """The lab's domains by the options that the table gives them: [(options, domains)]."""
    by_options = {}
    for domain in program.present(lab_table()):
        by_options.setdefault(tuple(domain.options), []).append(domain)
    return [(tuple(os.path.expandvars(option) for option in options), domains)
            for options, domains in by_options.items()]


@functools.cache
def runs(*format_options):
    """One run for each group: [(domains, run)]."""
    limits = ("--timeout", program.TIMEOUT_S, "--connect-timeout", program.CONNECT_TIMEOUT_S)
    return [(domains, check(*format_options, *limits, *options,
                            *(domain.text or domain.name for domain in domains)))
            for options, domains in groups()]


def disobedient(text, line_feeds=True):
    """The characters of a text that a terminal may act on, or that hide or reorder others."""
    return sorted({repr(character) for character in text
                   if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
                   and not (character == "\n" and line_feeds)})


TEXT, LOUD_TEXT = ("--format", "text"), ("-vv", "--color", "always")
JSON, NAGIOS = ("--format", "json", "-vv"), ("--format", "nagios")


@case()
def text_holds_no_control_character_but_line_feeds():
    for domains, run in runs(*TEXT):
        same(f"{domains[0].name}…: control characters", disobedient(run.out), [])
        same("standard error", run.err, "")
        holds("it ends with a line feed", run.out.endswith("\n"))


@case()
def loud_text_in_colour_holds_colours_besides_and_nothing_else():
    for domains, run in runs(*LOUD_TEXT):
        holds("colours", SGR.search(run.out))
        same(f"{domains[0].name}…: control characters", disobedient(SGR.sub("", run.out)), [])


@case()
def text_lines_keep_to_the_width():
    for _, run in runs(*TEXT):
        # What is to be copied is not broken: a word alone may be longer.
        long = [line for line in run.out.splitlines()
                if len(line) > 100 and len(line.split()) > 1 and len(line.split()[-1]) < 90
                and not re.match(r" +[0-3] [01] [0-2] [0-9a-f]+$", line)]
        same("lines over 100 columns", long, [])


@case()
def json_fits_the_schema():
    schema = json.loads(SCHEMA.read_text())
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for domains, run in runs(*JSON):
        lines = run.out.split("\n")
        same("it ends with a line feed", lines.pop(), "")
        same("objects", [json.loads(line)["domain"] for line in lines], [d.name for d in domains])
        for line in lines:
            result = json.loads(line)
            for error in validator.iter_errors(result):
                raise cases.Failed(f"{result['domain']}: {error.json_path}: {error.message[:300]}")


@case()
def json_holds_no_control_character_and_no_dialogue():
    for domains, run in runs(*JSON):
        same(f"{domains[0].name}…: control characters", disobedient(run.out), [])
        same("dialogue: control characters", disobedient(run.err), [])


@case()
def json_repeats_no_key():
    def once(pairs):
        keys = [key for key, _ in pairs]
        same("keys that are there twice", sorted(k for k in keys if keys.count(k) > 1), [])
        return dict(pairs)

    for _, run in runs(*JSON):
        for line in run.out.splitlines():
            json.loads(line, object_pairs_hook=once)


@case()
def nagios_is_one_line_with_perfdata():
    for domains, run in runs(*NAGIOS):
        line = run.out.removesuffix("\n")
        same(f"{domains[0].name}…: control characters", disobedient(line, False), [])
        same("bars", line.count("|"), 1)
        text, perfdata = line.split("|")
        holds("the state is that of the status",
              text.startswith(f"MXPROBE {STATES[run.status]} - "), (run.status, text))
        labels = []
        for datum in perfdata.split():
            found = PERFDATUM.fullmatch(datum)
            holds("perfdata by the guidelines", found, datum)
            labels.append(found["label"])
        same("labels that are there twice", sorted({x for x in labels if labels.count(x) > 1}), [])
        holds("some perfdata", len(labels) >= 1, perfdata)
        same("standard error", run.err, "")


@case()
def nagios_names_the_domain_and_its_reason():
    seen = set()
    for domain in program.present(lab_table()):
        grave = [f.reason for f in domain.findings if f.severity == "fail"]
        if len(grave) == 1 and not domain.options and grave[0] not in seen:
            seen.add(grave[0])
            line = check(*NAGIOS, "--timeout", program.TIMEOUT_S, domain.name).out
            holds(f"{domain.name}: {grave[0]}", domain.name in line and grave[0] in line, line)
    holds("some reasons", len(seen) > 5, seen)


@case()
def exit_status_is_the_same_by_every_format():
    by_format = [[run.status for _, run in runs(*options)]
                 for options in (TEXT, LOUD_TEXT, JSON, NAGIOS)]
    same("statuses", by_format, [by_format[0]] * 4)
    worst = [expected_status(domains) for _, domains in groups()]
    same("statuses by the table", by_format[0], worst)


@case()
def exit_status_of_each_verdict_alone_is_the_same_by_every_format():
    for verdict, status in (("ok", 0), ("warning", 1), ("fail", 2), ("unknown", 3)):
        domain = next(d for d in lab_table().domains if d.verdict == verdict and not d.options
                      and "silence" not in d.name)
        for options in (TEXT, LOUD_TEXT, JSON, NAGIOS):
            same(f"{domain.name} {options}", check(*options, domain.name).status, status)


def expected_status(domains):
    verdicts = {domain.verdict for domain in domains}
    return next(status for word, status in
                (("fail", 2), ("unknown", 3), ("warning", 1), ("ok", 0)) if word in verdicts)


if __name__ == "__main__":
    program.need_lab()
    sys.exit(1 if cases.run_all(sys.argv[1:]) else 0)
