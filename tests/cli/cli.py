"""What the command line tests share: the program, a resolver that never answers, the schemas."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import unittest

try:
    import jsonschema
except ImportError:  # the objects are then only looked into
    jsonschema = None

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
DOCS = pathlib.Path(sys.argv[2]).resolve()
SANITIZED = any(mark in PROGRAM.read_bytes() for mark in (b"__asan_init", b"__tsan_init"))

# Seconds after which a run counts as hanging; no test comes near.
PATIENCE = 60

# C0 controls, DEL, and bytes that are no UTF-8 come out escaped; a line feed ends the line.
RAW_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


def run(*arguments, stdin=b"", **options):
    """Runs mxprobe; the result has returncode, stdout and stderr, in bytes."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([PROGRAM, *arguments], input=stdin, timeout=PATIENCE, check=False,
                          **options)


def start(*arguments, **options):
    """Starts mxprobe and does not wait."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, **options)


class SilentResolver:
    """A port of the loopback that takes questions and never answers."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.option = f"--resolver=127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait_for_question(self, seconds=20):
        self.socket.settimeout(seconds)
        self.socket.recv(4096)

    def was_asked(self):
        self.socket.setblocking(False)
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return False
        return True


class Case(unittest.TestCase):
    """Assertions in the words of the contract."""

    def assert_complaint(self, done, status):
        """One line on standard error that begins "mxprobe: ", no output, and the status."""
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assert_one_line(done.stderr, b"mxprobe: ")

    def assert_one_line(self, text, beginning):
        self.assertTrue(text.startswith(beginning), text)
        self.assertTrue(text.endswith(b"\n"), text)
        self.assertEqual(text.count(b"\n"), 1, text)
        self.assertIsNone(RAW_CONTROL.search(text), text)
        text.decode("utf-8")

    def parse(self, line, schema):
        """One JSON object on one line, valid by the project's schema; returns it."""
        self.assertTrue(line.endswith(b"\n") and line.count(b"\n") == 1, line)
        document = json.loads(line)
        self.assertEqual(document["schema"], f"mxprobe.{schema}/1")
        if jsonschema:
            rules = json.loads((DOCS / f"{schema}.schema.json").read_text("utf-8"))
            jsonschema.Draft202012Validator(rules).validate(document)
        return document


def main():
    unittest.main(argv=sys.argv[:1])
