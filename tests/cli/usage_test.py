"""The command line: what is refused, with which status, and what always works."""

import cli

LABEL = "a" * 63


class Domains(cli.Case):
    """RFC 1035 2.3.4, RFC 5321 4.1.2: status 64 and one line, before anything is asked."""

    NONE = {
        "empty": "",
        "root": ".",
        "empty label": "example..com",
        "leading dot": ".example.com",
        "label of 64": f"a{LABEL}.example",
        "name of 254": ".".join([LABEL] * 3 + ["b" * 62]),
        "very long": "a." * 5000 + "example",
        "space": "exam ple.com",
        "leading space": " example.com",
        "newline": "example.com\nexample.org",
        "escape sequence": "example.com\x1b[2J",
        "bell": "ex\x07ample.com",
        "carriage return": "example.com\r",
        "DEL": "example\x7f.com",
        "C1 control": "example\u009b31m.com",
        "mail address": "user@example.com",
        "URL": "https://example.com/",
        "host and port": "example.com:25",
        "path": "example.com/x",
        "IPv4 address": "192.0.2.1",
        "IPv6 address": "2001:db8::1",
        "address literal": "[192.0.2.1]",
        "wildcard": "*.example.com",
        "not UTF-8": b"exam\xffple.com",
        "right-to-left override": "example\u202e.com",
    }

    def test_refused(self):
        for name, domain in self.NONE.items():
            with self.subTest(name), cli.SilentResolver() as resolver:
                done = cli.run("check", resolver.option, "--deadline=1", "--", domain)
                self.assert_complaint(done, 64)
                self.assertFalse(resolver.was_asked())

    def test_one_bad_among_good(self):
        for domains in (["example.com", "a b", "example.org"], ["example.com", "x..y"],
                        ["user@x", "example.com"]):
            with self.subTest(domains), cli.SilentResolver() as resolver:
                done = cli.run("check", resolver.option, "--deadline=1", *domains)
                self.assert_complaint(done, 64)
                self.assertFalse(resolver.was_asked())

    def test_the_bad_one_is_named(self):
        done = cli.run("check", "example.com", "not a domain")
        self.assertIn(b"not a domain", done.stderr)

    def test_accepted(self):
        """The longest names that there are, and names in other scripts, get as far as the DNS."""
        for domain in (f"{LABEL}.example", ".".join([LABEL] * 3 + ["b" * 61]), "EXAMPLE.com.",
                       "b\u00fccher.example", "_dmarc.example.com"):
            with self.subTest(domain), cli.SilentResolver() as resolver:
                done = cli.run("check", resolver.option, "--deadline=0.1", "--format=json", domain)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertTrue(resolver.was_asked())


class Commands(cli.Case):
    def test_refused(self):
        for arguments in ([], ["chek", "example.com"], ["example.com"], ["check"], ["lint"],
                          ["lint", "sts-record"], ["lint", "sts-recrod", "-"],
                          ["lint", "tlsa", "-", "-"], ["check", "--bogus", "example.com"],
                          ["check", "-x", "example.com"], ["check", "--port"],
                          ["check", "--port=0", "example.com"],
                          ["check", "--port=65536", "example.com"],
                          ["check", "--port=25x", "example.com"],
                          ["check", "--format=xml", "example.com"],
                          ["check", "--resolver=example.com", "example.com"],
                          ["check", "--timeout=-1", "example.com"],
                          ["check", "--deadline=soon", "example.com"],
                          ["check", "--at=yesterday", "example.com"],
                          ["check", "--color=blue", "example.com"],
                          ["check", "--sts-mode=strict", "example.com"],
                          ["check", "--mx=bad name", "example.com"],
                          ["check", "--help=yes"],
                          ["lint", "--port=25", "tlsa", "-"],
                          ["check", "--bad\x1b[2Joption", "example.com"],
                          ["\x1b[2J"], ["-\x07"]):
            with self.subTest(arguments):
                self.assert_complaint(cli.run(*arguments), 64)

    def test_what_if_needs_one_domain(self):
        for option in ("--mx=mx.example.com", "--sts-record=v=STSv1; id=1;", "--sts-mode=enforce",
                       "--tlsa=mx.example.com:3 1 1 " + "00" * 32, "--tlsrpt-record=v=TLSRPTv1"):
            with self.subTest(option), cli.SilentResolver() as resolver:
                done = cli.run("check", resolver.option, "--deadline=1", option, "example.com",
                               "example.org")
                self.assert_complaint(done, 64)
                self.assertFalse(resolver.was_asked())


class Help(cli.Case):
    def test_works(self):
        for arguments in (["--help"], ["-h"], ["check", "--help"], ["lint", "--help"],
                          ["--help", "check"], ["check", "example.com", "--help"]):
            with self.subTest(arguments):
                done = cli.run(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertTrue(done.stdout.startswith(b"usage: mxprobe"))

    def test_of_a_command(self):
        whole = cli.run("--help").stdout
        self.assertIn(b"check DOMAIN", whole)
        self.assertIn(b"lint KIND", whole)
        self.assertIn(b"--resolver", cli.run("check", "--help").stdout)
        self.assertNotIn(b"--resolver", cli.run("lint", "--help").stdout)

    def test_version(self):
        done = cli.run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout, rb"\Amxprobe \d+\.\d+\.\d+\n")
        for library in (b"OpenSSL", b"c-ares", b"libcurl", b"libevent"):
            self.assertIn(library, done.stdout)


cli.main()
