#!/usr/bin/python3
"""Fails when docs/lab.md is not what table/ says."""
import difflib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import document, table  # noqa: E402


def main():
    path = HERE.parent.parent / "docs" / "lab.md"
    found = path.read_text()
    wanted = document.render(table.load())
    if found == wanted:
        return 0
    print("docs/lab.md is out of date: tests/lab/lab doc > docs/lab.md")
    sys.stdout.writelines(difflib.unified_diff(found.splitlines(True), wanted.splitlines(True),
                                               "docs/lab.md", "tests/lab/table"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
