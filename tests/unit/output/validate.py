"""Validates what output_json_lines prints against the schemas of the project.

Each object must pass, and must fail as soon as one of its keys, at any depth, is taken away or
one is added: so a schema that allows everything does not pass this test either.

usage: validate.py DOCS_DIRECTORY PROGRAM
"""

import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)


def objects(value, path=()):
    """The paths of all objects inside `value`."""
    if isinstance(value, dict):
        yield path
        for key, child in value.items():
            yield from objects(child, path + (key,))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from objects(child, path + (index,))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def mutations(document):
    for path in objects(document):
        for key in list(at(document, path)):
            mutated = copy.deepcopy(document)
            del at(mutated, path)[key]
            yield f"without {'/'.join(map(str, path + (key,)))}", mutated
        mutated = copy.deepcopy(document)
        at(mutated, path)["surplus"] = 1
        yield f"with {'/'.join(map(str, path + ('surplus',)))}", mutated


def main():
    docs, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    validators = {}
    for name in ("result", "lint", "summary", "report"):
        schema = json.loads((docs / f"{name}.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[f"mxprobe.{name}/1"] = jsonschema.Draft202012Validator(schema)

    output = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout
    lines = output.decode("utf-8").split("\n")
    faults = [] if lines.pop() == "" else ["the last line is not ended"]
    schemas = set()
    for number, line in enumerate(lines, 1):
        document = json.loads(line)
        schemas.add(document["schema"])
        validator = validators[document["schema"]]
        faults += [f"line {number}: {error.json_path}: {error.message}"
                   for error in validator.iter_errors(document)]
        faults += [f"line {number}: {what} passes"
                   for what, mutated in mutations(document) if validator.is_valid(mutated)]
    if schemas != set(validators):
        faults.append(f"schemas seen: {sorted(schemas)}")
    print("\n".join(faults) or f"{len(lines)} objects are as their schemas say")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
