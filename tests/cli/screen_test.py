"""Terminals: colour as asked for, progress only where a person looks, and gone at the end."""

import os
import pty
import subprocess

import cli

PAINT = b"\x1b["
ERASE = b"\r\x1b[K"


def environment(**changes):
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**plain, "TERM": "xterm", **changes}


def on_terminal(stream, *arguments, **changes):
    """Runs with one stream on a terminal; returns the status, what it showed, and the other's."""
    leader, follower = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: follower}
    with subprocess.Popen([cli.PROGRAM, *arguments], stdin=subprocess.DEVNULL,
                          env=environment(**changes), **streams) as program:
        os.close(follower)
        shown = b""
        while True:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # EIO: the other side is closed
                break
        other = program.stderr if stream == "stdout" else program.stdout
        piped = other.read()
    os.close(leader)
    return program.returncode, shown, piped


class Color(cli.Case):
    def setUp(self):
        self.resolver = cli.SilentResolver().__enter__()
        self.addCleanup(self.resolver.__exit__)
        self.arguments = ["check", self.resolver.option, "--deadline=0.2", "example.com"]

    def test_in_a_pipe(self):
        for options, no_color, painted in (([], "", False), (["--color=auto"], "", False),
                                           (["--color=never"], "", False),
                                           (["--color=always"], "", True),
                                           (["--color=always"], "1", True)):
            with self.subTest(options=options, no_color=no_color):
                done = cli.run(*self.arguments, *options, env=environment(NO_COLOR=no_color))
                self.assertEqual(PAINT in done.stdout, painted)

    def test_on_a_terminal(self):
        for options, changes, painted in (([], {}, True), (["--color=auto"], {}, True),
                                          (["--color=never"], {}, False),
                                          ([], {"NO_COLOR": ""}, True),
                                          ([], {"NO_COLOR": "1"}, False),
                                          (["--color=always"], {"NO_COLOR": "1"}, True)):
            with self.subTest(options=options, changes=changes):
                status, shown, _ = on_terminal("stdout", *self.arguments, *options, **changes)
                self.assertEqual(status, 3)
                self.assertEqual(PAINT in shown, painted, shown)

    def test_never_in_json(self):
        _, shown, _ = on_terminal("stdout", *self.arguments, "--format=json", "--color=always")
        self.assertNotIn(PAINT, shown)

    def test_lint(self):
        painted = cli.run("lint", "--color=always", "sts-record", "-", stdin=b"v=STSv1; id=1;")
        plain = cli.run("lint", "--color=never", "sts-record", "-", stdin=b"v=STSv1; id=1;")
        self.assertIn(PAINT, painted.stdout)
        self.assertNotIn(PAINT, plain.stdout)


class Progress(cli.Case):
    def setUp(self):
        self.resolver = cli.SilentResolver().__enter__()
        self.addCleanup(self.resolver.__exit__)
        self.arguments = ["check", self.resolver.option, "--deadline=0.6"]

    def test_on_a_terminal(self):
        status, shown, output = on_terminal("stderr", *self.arguments, "--format=json",
                                            "example.com")
        self.assertEqual(status, 3)
        self.assertIn(b"example.com", shown)
        self.assertTrue(shown.endswith(ERASE), shown)
        self.assertNotIn(b"\n", shown)  # one line, over and over
        self.parse(output, "result")

    def test_not_in_a_pipe(self):
        done = cli.run(*self.arguments, "example.com")
        self.assertEqual(done.stderr, b"")

    def test_many_domains(self):
        status, shown, _ = on_terminal("stderr", *self.arguments, "a.example", "b.example")
        self.assertEqual(status, 3)
        self.assertIn(b"/2 domains", shown)
        self.assertTrue(shown.endswith(ERASE), shown)


cli.main()
