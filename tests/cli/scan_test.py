"""scan without a network: lists, outputs, exit statuses, interruptions.

The resolver is a port on which nobody listens, so that every domain is answered at once, unknown.
"""

import json
import os
import pathlib
import resource
import signal
import socket
import tempfile
import time

import cli

# Without the word that the resolver does not keep up.
QUIET = "--progress=never"
# Nobody is waited for.
HASTE = "--deadline=0.3"


def closed_resolver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"--resolver=127.0.0.1:{probe.getsockname()[1]}"


class Scan(cli.Case):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.resolver = closed_resolver()

    def scan(self, text, *arguments, **options):
        return cli.run("scan", self.resolver, QUIET, HASTE, *arguments, stdin=text.encode(), **options)

    def domains(self, output):
        return sorted(self.parse(line, "result")["domain"]
                      for line in output.splitlines(keepends=True))


class Lists(Scan):
    def test_forms(self):
        done = self.scan("a.example\r\n# nothing\n\n  B.Example. \n1,c.example\n"
                         "b\u00fccher.example # bought\na.example\nA.EXAMPLE\nlast.example")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.domains(done.stdout),
                         ["a.example", "b.example", "c.example", "last.example",
                          "xn--bcher-kva.example"])

    def test_empty(self):
        for text in ("", "\n", "# nothing\n\n"):
            done = self.scan(text)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))

    def test_malformed_lines(self):
        done = self.scan("a.example\nnot a domain\nb.example\nuser@example.com\n\x1b[2J.example\n")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.domains(done.stdout), ["a.example", "b.example"])
        lines = done.stderr.splitlines(keepends=True)
        self.assertEqual(len(lines), 3)
        for line, number in zip(lines, (2, 4, 5)):
            self.assert_one_line(line, f"mxprobe: line {number}: ".encode())

    def test_from_a_file(self):
        path = self.directory / "list"
        path.write_text("a.example\nb.example\n")
        done = cli.run("scan", self.resolver, QUIET, HASTE, path)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.domains(done.stdout), ["a.example", "b.example"])

    def test_no_such_file(self):
        self.assert_complaint(cli.run("scan", self.directory / "missing"), 66)
        self.assert_complaint(cli.run("scan", self.directory), 66)

    def test_slow_pipe(self):
        """What has come is answered while the rest is still to come."""
        reader, writer = os.pipe()
        program = cli.start("scan", self.resolver, QUIET, HASTE, f"/dev/fd/{reader}",
                            pass_fds=(reader,))
        os.close(reader)
        os.write(writer, b"a.example\nb.exa")
        first = program.stdout.readline()
        self.assertEqual(self.parse(first, "result")["domain"], "a.example")
        os.write(writer, b"mple\n")
        os.close(writer)
        rest, errors = program.communicate(timeout=cli.PATIENCE)
        self.assertEqual((program.returncode, errors), (0, b""))
        self.assertEqual(self.domains(rest), ["b.example"])

    def test_text(self):
        done = self.scan("a.example\nb.example\n", "--format=text", "--threads=1")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"a.example", done.stdout)
        self.assertIn(b"b.example", done.stdout)

    def test_says_that_it_slows_down(self):
        """A resolver that answers nobody is told once, not for every domain."""
        text = "".join(f"d{number}.example\n" for number in range(6000))
        done = cli.run("scan", self.resolver, "--deadline=3", stdin=text.encode())
        self.assertEqual(done.returncode, 0)
        self.assert_one_line(done.stderr, b"mxprobe: the resolver does not keep up")


class Usage(Scan):
    def test_bad_usage(self):
        for arguments in (("--resume",), ("one", "two"), ("--threads=0",),
                          ("--per-host=0",), ("--rate=x",), ("--concurrency=-1",),
                          ("--injection-test",), ("--mx=mx.example",), ("--progress=often",),
                          ("--max-memory=1",), ("--info-url=a b",),
                          ("--resume", "--output=x", "--format=text")):
            with self.subTest(arguments):
                self.assert_complaint(cli.run("scan", *arguments), 64)

    def test_scan_options_belong_to_scan(self):
        for option in ("--threads=1", "--output=x", "--resume", "--exclude=x", "--summary=x"):
            with self.subTest(option):
                self.assert_complaint(cli.run("check", option, "example.com"), 64)

    def test_help(self):
        done = cli.run("scan", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for option in ("--output", "--resume", "--per-host", "--per-network", "--rate",
                       "--max-memory", "--concurrency", "--threads", "--progress", "--summary",
                       "--exclude", "--info-url", "--ca-file", "--resolver"):
            self.assertIn(option.encode(), done.stdout)
        self.assertNotIn(b"--injection-test", done.stdout)


class Outputs(Scan):
    def test_closed_and_full(self):
        with open("/dev/full", "wb") as full:
            done = self.scan("a.example\n", stdout=full)
        self.assertEqual(done.returncode, 74)
        self.assert_one_line(done.stderr, b"mxprobe: ")
        done = self.scan("a.example\n", f"--output={self.directory}/no/such/folder")
        self.assert_complaint(done, 74)

    def test_file_size_limit(self):
        path = self.directory / "out"
        done = self.scan("".join(f"d{number}.example\n" for number in range(50)),
                         f"--output={path}", preexec_fn=lambda: resource.setrlimit(
                             resource.RLIMIT_FSIZE, (10_000, 10_000)))
        self.assert_complaint(done, 74)
        self.assertTrue(path.read_bytes().endswith(b"\n"))

    def test_reader_gone(self):
        reader, writer = os.pipe()
        os.close(reader)
        done = self.scan("".join(f"d{number}.example\n" for number in range(50)), stdout=writer)
        os.close(writer)
        self.assertEqual(done.returncode, 74)
        self.assert_one_line(done.stderr, b"mxprobe: ")

    def test_output_is_the_list(self):
        path = self.directory / "list"
        path.write_text("a.example\n")
        self.assert_complaint(cli.run("scan", f"--output={path}", path), 64)
        self.assertEqual(path.read_text(), "a.example\n")

    def test_summary_replaces_nothing_else(self):
        path, exclude = self.directory / "list", self.directory / "exclude"
        output, link = self.directory / "out", self.directory / "link"
        path.write_text("a.example\n")
        exclude.write_text("b.example\n")
        link.symlink_to(path)
        for summary in (path, exclude, output, link):
            with self.subTest(summary.name):
                self.assert_complaint(cli.run("scan", f"--summary={summary}", f"--output={output}",
                                              f"--exclude={exclude}", path), 64)
        self.assertEqual(path.read_text(), "a.example\n")
        self.assertEqual(exclude.read_text(), "b.example\n")

    def test_resume(self):
        path = self.directory / "out"
        names = [f"d{number}.example" for number in range(20)]
        text = "".join(name + "\n" for name in names)
        self.assertEqual(self.scan(text, f"--output={path}").returncode, 0)
        whole = path.read_bytes()
        self.assertEqual(self.domains(whole), sorted(names))
        lines = whole.splitlines(keepends=True)
        # Torn in its seventh line.
        path.write_bytes(b"".join(lines[:6]) + lines[6][:40])
        summary = self.directory / "summary"
        done = self.scan(text, f"--output={path}", "--resume", f"--summary={summary}")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertTrue(path.read_bytes().startswith(b"".join(lines[:6])))
        self.assertEqual(self.domains(path.read_bytes()), sorted(names))
        self.assertEqual(json.loads(summary.read_text())["schema"], "mxprobe.summary/1")
        # Nothing left to do: nothing changes.
        before = path.read_bytes()
        self.assertEqual(self.scan(text, f"--output={path}", "--resume").returncode, 0)
        self.assertEqual(path.read_bytes(), before)

    def test_resume_of_something_else(self):
        path = self.directory / "out"
        path.write_text("my diary\nand more\n")
        done = self.scan("a.example\n", f"--output={path}", "--resume")
        self.assert_complaint(done, 65)
        self.assertEqual(path.read_text(), "my diary\nand more\n")

    def test_exclude(self):
        path = self.directory / "exclude"
        path.write_text("# not these\nb.example\n192.0.2.0/24\n")
        done = self.scan("a.example\nsub.b.example\nb.example\n", f"--exclude={path}")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for line in done.stdout.splitlines(keepends=True):
            document = self.parse(line, "result")
            reasons = [finding["reason"] for finding in document["findings"]]
            excluded = document["domain"].endswith("b.example")
            self.assertEqual(reasons == ["target_excluded"], excluded, document["domain"])
            self.assertEqual(document["verdict"], "unknown")
        self.assertEqual(len(done.stdout.splitlines()), 3)
        path.write_text("b.example\n1.2.3.4/99\n")
        self.assert_complaint(self.scan("a.example\n", f"--exclude={path}"), 65)
        self.assert_complaint(self.scan("a.example\n", "--exclude=/no/such/file"), 66)


class Interruptions(Scan):
    def test_nobody_reads_the_complaints(self):
        """Of 5,000 malformed lines a full pipe holds some; a signal is heard all the same."""
        path = self.directory / "list"
        path.write_text("".join(f"no domain {number}\n" for number in range(5000)))
        program = cli.start("scan", self.resolver, path)
        time.sleep(1)
        self.assertIsNone(program.poll())
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        program.wait(timeout=cli.PATIENCE)
        self.assertLess(time.monotonic() - began, 2)
        errors = program.communicate()[1]
        self.assertEqual(program.returncode, -signal.SIGINT)
        lines = errors.splitlines(keepends=True)
        self.assertGreater(len(lines), 100)
        for number, line in enumerate(lines, 1):
            self.assert_one_line(line, f"mxprobe: line {number}: ".encode())

    def interrupted(self, number, *arguments):
        """A scan of names that nobody answers for, told to stop when it is under way."""
        text = "".join(f"d{number}.example\n" for number in range(5000))
        path = self.directory / "list"
        path.write_text(text)
        with cli.SilentResolver() as silent:
            program = cli.start("scan", silent.option, *arguments, path)
            silent.wait_for_question()
            began = time.monotonic()
            program.send_signal(number)
            output, errors = program.communicate(timeout=cli.PATIENCE)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(program.returncode, -number)
        return output, errors

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                out = self.directory / "out"
                output, errors = self.interrupted(number, f"--output={out}")
                self.assertEqual(output, b"")
                self.assertTrue(out.read_bytes() == b"" or out.read_bytes().endswith(b"\n"))
                self.assertIn(b"--resume", errors)
                self.assertIsNone(cli.RAW_CONTROL.search(errors))

    def test_ignored(self):
        """What nohup and background jobs tell us to ignore is ignored."""
        path = self.directory / "list"
        path.write_text("a.example\n")
        with cli.SilentResolver() as silent:
            program = cli.start("scan", silent.option, QUIET, "--deadline=1", path,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
            silent.wait_for_question()
            program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=cli.PATIENCE)
        self.assertEqual((program.returncode, self.domains(output)), (0, ["a.example"]))

    def test_quiet(self):
        _, errors = self.interrupted(signal.SIGINT, QUIET)
        self.assertEqual(errors, b"")

    def test_slow_reader(self):
        """A reader that has stopped does not keep us; what it takes later is whole lines."""
        text = "".join(f"d{number}.example\n" for number in range(3000))
        path = self.directory / "list"
        path.write_text(text)
        program = cli.start("scan", self.resolver, QUIET, HASTE, path)
        time.sleep(3)
        self.assertIsNone(program.poll())
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        program.wait(timeout=cli.PATIENCE)
        self.assertLess(time.monotonic() - began, 2)
        output = program.stdout.read()
        program.stdout.close()
        program.stderr.close()
        self.assertEqual(program.returncode, -signal.SIGINT)
        whole = output[:output.rfind(b"\n") + 1]
        self.assertGreater(len(whole.splitlines()), 10)
        self.domains(whole)


cli.main()
