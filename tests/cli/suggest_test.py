"""suggest: its operands and files, and a DNS that never answers. What it suggests: the lab."""

import pathlib
import signal
import tempfile
import time

import cli


class Suggest(cli.Case):
    def test_operands(self):
        for operands in ([], ["a.test", "b.test"], ["not a domain"], ["192.0.2.1"], [""]):
            with self.subTest(operands=operands):
                self.assert_complaint(cli.run("suggest", *operands), 64)

    def test_options_of_other_commands(self):
        for option in ("--format=tlsrpt", "--org=A", "--sts-mode=enforce", "--output=x",
                       "--injection-test", "-v"):
            with self.subTest(option=option):
                self.assert_complaint(cli.run("suggest", option, "example.com"), 64)
        self.assert_complaint(cli.run("check", "--next-cert=x", "example.com"), 64)

    def test_the_next_certificate_is_read_before_anything_is_asked(self):
        with tempfile.TemporaryDirectory() as directory, cli.SilentResolver() as resolver:
            bad = pathlib.Path(directory) / "bad.pem"
            key = ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERIT"
                   "FBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n")
            for content in ("", "hello\n", key, "-----BEGIN CERTIFICATE-----\nAAAA\n"
                            "-----END CERTIFICATE-----\n"):
                bad.write_text(content, "ascii")
                with self.subTest(content=content[:30]):
                    self.assert_complaint(cli.run("suggest", resolver.option,
                                                  f"--next-cert={bad}", "example.com"), 65)
            self.assert_complaint(cli.run("suggest", resolver.option, "--next-cert=/dev/zero",
                                          "example.com"), 65)
            for path in (directory, directory + "/none"):
                self.assert_complaint(cli.run("suggest", resolver.option, f"--next-cert={path}",
                                              "example.com"), 66)
            self.assertFalse(resolver.was_asked())

    def test_a_dns_that_never_answers(self):
        with cli.SilentResolver() as resolver:
            for form in ("text", "json"):
                done = cli.run("suggest", resolver.option, "--deadline=0.5", f"--format={form}",
                               "example.com")
                self.assertEqual((done.returncode, done.stderr), (3, b""), done.stdout)
                if form == "json":
                    made = self.parse(done.stdout, "suggest")
                    self.assertEqual((made["outcome"], made["mta_sts"]), ("unknown", None))
                else:
                    self.assertIn(b"nothing can be suggested", done.stdout)

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with cli.SilentResolver() as resolver:
                process = cli.start("suggest", resolver.option, "example.com")
                resolver.wait_for_question()
                began = time.monotonic()
                process.send_signal(number)
                out, err = process.communicate(timeout=cli.PATIENCE)
                self.assertEqual((process.returncode, out, err), (-number, b"", b""))
                self.assertLess(time.monotonic() - began, 5)

    def test_output_that_cannot_be_written(self):
        with cli.SilentResolver() as resolver, open("/dev/full", "wb") as full:
            done = cli.run("suggest", resolver.option, "--deadline=0.2", "example.com",
                           stdout=full)
        self.assertEqual(done.returncode, 74)
        self.assert_one_line(done.stderr, b"mxprobe: ")


cli.main()
