"""A resolver that never answers: deadlines, signals, order, names."""

import signal
import time

import cli


class Silence(cli.Case):
    def setUp(self):
        self.resolver = cli.SilentResolver().__enter__()
        self.addCleanup(self.resolver.__exit__)

    def documents(self, output):
        return [self.parse(line, "result") for line in output.splitlines(keepends=True)]

    def test_deadline(self):
        began = time.monotonic()
        done = cli.run("check", self.resolver.option, "--deadline=2", "--format=json",
                       "example.com")
        took = time.monotonic() - began
        self.assertEqual((done.returncode, done.stderr), (3, b""))
        self.assertGreater(took, 1.9)
        self.assertLess(took, 3)
        document = self.parse(done.stdout, "result")
        self.assertEqual(document["verdict"], "unknown")
        self.assertEqual(document["mx"]["status"], "timeout")
        self.assertEqual(set(document["delivery"].values()), {"unknown"})
        self.assertIn("dns_temporary_failure",
                      [finding["reason"] for finding in document["findings"]])
        self.assertNotIn("fail", [finding["severity"] for finding in document["findings"]])
        self.assertGreaterEqual(document["elapsed_ms"], 1900)

    def test_text(self):
        done = cli.run("check", self.resolver.option, "--deadline=0.2", "example.com")
        self.assertEqual((done.returncode, done.stderr), (3, b""))
        self.assertIn(b"unknown", done.stdout.splitlines()[0].lower())
        self.assertIsNone(cli.RAW_CONTROL.search(done.stdout))

    def test_input_order(self):
        names = ["c.example", "a.example", "b.example", "a.example"]
        done = cli.run("check", self.resolver.option, "--deadline=0.3", "--format=json", *names)
        self.assertEqual(done.returncode, 3)
        self.assertEqual([document["domain"] for document in self.documents(done.stdout)], names)

    def test_internationalised(self):
        """RFC 5890: shown both ways, whichever was typed."""
        for typed in ("b\u00fccher.example", "B\u00dcCHER.Example.", "xn--bcher-kva.example"):
            with self.subTest(typed):
                done = cli.run("check", self.resolver.option, "--deadline=0.1", "--format=json",
                               typed)
                document = self.parse(done.stdout, "result")
                self.assertEqual(document["domain"], "xn--bcher-kva.example")
                self.assertEqual(document["domain_unicode"], "b\u00fccher.example")

    def test_what_if_is_told(self):
        given = ["mx=mx.example.com:5", "resolve=mx.example.com:192.0.2.1", "sts-mode=testing"]
        done = cli.run("check", self.resolver.option, "--deadline=0.2", "--format=json",
                       "--no-allow-private", *(f"--{option}" for option in given), "example.com")
        document = self.parse(done.stdout, "result")
        self.assertEqual(document["what_if"], given)
        self.assertEqual(document["mx"]["records"], [{"host": "mx.example.com", "preference": 5}])
        self.assertEqual(document["mx"]["dnssec"], "secure")  # supplied counts as secure
        reasons = [finding["reason"] for finding in document["findings"]]
        self.assertIn("target_refused", reasons)

    def test_no_resolver_there(self):
        """A port on which nobody listens: still no verdict about the domain."""
        self.resolver.__exit__()
        began = time.monotonic()
        done = cli.run("check", self.resolver.option, "--deadline=2", "--format=json",
                       "example.com")
        self.assertEqual(done.returncode, 3)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(self.parse(done.stdout, "result")["verdict"], "unknown")


class Signals(cli.Case):
    def interrupt(self, number, *arguments):
        """The output and the status after a signal sent when the first question is out."""
        with cli.SilentResolver() as resolver:
            program = cli.start("check", resolver.option, *arguments)
            resolver.wait_for_question()
            began = time.monotonic()
            program.send_signal(number)
            output, errors = program.communicate(timeout=cli.PATIENCE)
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual((program.returncode, errors), (-number, b""))
        return output

    def test_output_is_whole(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                output = self.interrupt(number, "--format=json", "example.com")
                document = self.parse(output, "result")
                self.assertEqual(document["verdict"], "unknown")
                self.assertNotIn("fail", [one["severity"] for one in document["findings"]])

    def test_many_domains(self):
        names = [f"d{number}.example" for number in range(5)]
        output = self.interrupt(signal.SIGINT, "--format=json", *names)
        lines = output.splitlines(keepends=True)
        self.assertEqual([self.parse(line, "result")["domain"] for line in lines], names)

    def test_text_and_nagios(self):
        self.assertIn(b"example.com", self.interrupt(signal.SIGINT, "example.com"))
        line = self.interrupt(signal.SIGTERM, "--format=nagios", "example.com")
        self.assert_one_line(line, b"MXPROBE UNKNOWN - ")


cli.main()
