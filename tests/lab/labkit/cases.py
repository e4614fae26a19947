"""Named cases: registered by a decorator, run one after the other, each told of by its name."""
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Callable

CASES = []


class Failed(Exception):
    """What a case found is not what the contract says."""


@dataclass
class Case:
    name: str
    options: tuple  # of the program, that it covers
    run: Callable


def case(*options):
    """Registers a function under its own name, in words, for the options that it covers."""
    def register(function):
        CASES.append(Case(function.__name__.replace("_", " "), options, function))
        return function
    return register


def same(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: {got!r}, expected {wanted!r}")


def holds(what, truth, evidence=""):
    if not truth:
        raise Failed(f"{what}; found {evidence!r}" if evidence != "" else what)


def between(what, least, got, most):
    holds(f"{what} from {least} to {most}", least <= got <= most, round(got, 3))


def run_all(wanted=()):
    """Runs the cases whose name holds every word of `wanted`. Returns how many failed."""
    chosen = [c for c in CASES if all(word in c.name for word in wanted)]
    failed = 0
    for chosen_case in chosen:
        began = time.monotonic()
        try:
            chosen_case.run()
        except Failed as error:
            failed += 1
            print(f"FAILED: {chosen_case.name}\n    {error}")
        except Exception:  # a case that breaks must not hide the others
            failed += 1
            print(f"BROKEN: {chosen_case.name}")
            traceback.print_exc(file=sys.stdout)
        else:
            print(f"ok {time.monotonic() - began:5.1f} s  {chosen_case.name}")
        sys.stdout.flush()
    print(f"{len(chosen)} cases, {failed} failed")
    return failed if chosen else 1
