"""lint of every kind, through files and standard input; verdicts from RULES: RFC 8461, 8460, 6698."""

import pathlib
import tempfile

import cli

HEX = "0123456789abcdef" * 4
POLICY = ("version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\n"
          "max_age: 604800\n")
OUTCOMES = ["valid", "warning", "invalid"]

CASES = {
    "sts-record": [
        ("RFC 8461 3.1 example", "v=STSv1; id=20160831085700Z;", 0),
        ("no final semicolon", "v=STSv1;id=a", 0),
        ("final newline", "v=STSv1; id=1;\n", 0),
        ("unknown field", "v=STSv1; id=a; foo=bar", 0),
        ("longest id", "v=STSv1; id=" + "a" * 32, 0),
        ("erratum 6285", "v=STSv1 ;id=1", 1),
        ("id too long", "v=STSv1; id=" + "a" * 33, 2),
        ("hyphens in id", "v=STSv1; id=2024-01-01", 2),
        ("empty id", "v=STSv1; id=", 2),
        ("no id", "v=STSv1", 2),
        ("id first", "id=1; v=STSv1;", 2),
        ("another version", "v=STSv12; id=1", 2),
        ("doubled semicolon", "v=STSv1; id=a;;", 2),
        ("empty", "", 2),
        ("terminal control", "v=STSv1; id=\x1b[31m;", 2),
        ("two lines", "v=STSv1; id=1;\nv=STSv1; id=2;\n", 2),
    ],
    "sts-policy": [
        ("RFC 8461 3.2 example", POLICY, 0),
        ("CRLF", POLICY.replace("\n", "\r\n"), 0),
        ("no final newline", POLICY.rstrip(), 0),
        ("unknown key", POLICY + "foo: bar\n", 0),
        ("max_age over a year", POLICY.replace("604800", "31557601"), 1),
        ("max_age under a day", POLICY.replace("604800", "300"), 1),
        ("mode in capitals", POLICY.replace("enforce", "Enforce"), 2),
        ("mx of two", POLICY.replace("mail.example.com", "a.com, b.com"), 2),
        ("bare asterisk", POLICY.replace("*.example.net", "*"), 2),
        ("comment", "# comment\n" + POLICY, 2),
        ("blank line", POLICY + "\n", 2),
        ("leading space", " " + POLICY, 2),
        ("byte order mark", "\ufeff" + POLICY, 2),
        ("no mx", "version: STSv1\nmode: enforce\nmax_age: 604800\n", 2),
        ("empty", "", 2),
        ("NUL", POLICY.replace("mail", "ma\0il"), 2),
    ],
    "tlsrpt-record": [
        ("RFC 8460 3.1.1 example", "v=TLSRPTv1;rua=mailto:reports@example.com", 0),
        ("https", "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", 0),
        ("two", "v=TLSRPTv1; rua=mailto:a@example.com,https://b.example.com/", 0),
        ("extension", "v=TLSRPTv1; rua=mailto:a@example.com; foo=bar", 0),
        ("no rua", "v=TLSRPTv1;", 2),
        ("bare address", "v=TLSRPTv1; rua=a@example.com", 2),
        ("unescaped mark", "v=TLSRPTv1; rua=mailto:a!b@example.com", 2),
        ("another version", "v=TLSRPTv2; rua=mailto:a@example.com", 2),
        ("empty", "", 2),
    ],
    "tlsa": [
        ("3 1 1", f"3 1 1 {HEX}", 0),
        ("two and a comment", f"# current\n3 1 1 {HEX}\n\n3 1 1 {HEX[::-1]}\n", 0),
        ("whole record", f"_25._tcp.mx.example.com. 3600 IN TLSA 3 1 1 {HEX}", 0),
        ("usage 1 beside usage 3", f"1 1 1 {HEX}\n3 1 1 {HEX}\n", 1),
        ("nothing that a sender uses", f"0 1 1 {HEX}\n1 1 1 {HEX}\n", 2),
        ("no hex", "3 1 1 xyz", 2),
        ("odd hex", f"3 1 1 {HEX}0", 2),
        ("three fields", "3 1 1", 2),
        ("usage over a byte", f"256 1 1 {HEX}", 2),
        ("words", "hello", 2),
    ],
}


class Lint(cli.Case):
    def judge(self, kind, content, status, *options):
        data = content.encode()
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "input"
            path.write_bytes(data)
            by_file = cli.run("lint", *options, kind, str(path))
        by_stdin = cli.run("lint", *options, kind, "-", stdin=data)
        self.assertEqual((by_file.returncode, by_file.stderr), (status, b""), by_file.stdout)
        self.assertEqual((by_stdin.returncode, by_stdin.stderr), (status, b""))
        return str(path), by_file.stdout, by_stdin.stdout

    def test_text(self):
        for kind, cases in CASES.items():
            for name, content, status in cases:
                with self.subTest(kind=kind, name=name):
                    _, text, _ = self.judge(kind, content, status)
                    self.assertIsNone(cli.RAW_CONTROL.search(text), text)
                    self.assertEqual(b"invalid" in text, status == 2, text)

    def test_json(self):
        for kind, cases in CASES.items():
            for name, content, status in cases:
                with self.subTest(kind=kind, name=name):
                    path, text, from_stdin = self.judge(kind, content, status, "--format=json")
                    document = self.parse(text, "lint")
                    self.assertEqual(document["kind"], kind)
                    self.assertEqual(document["file"], path)
                    self.assertEqual(document["outcome"], OUTCOMES[status])
                    severities = {message["severity"] for message in document["messages"]}
                    self.assertEqual("error" in severities, status == 2)
                    self.assertEqual("warning" in severities - {"error"} and status < 2,
                                     status == 1)
                    self.assertEqual(self.parse(from_stdin, "lint")["file"], "-")

    def test_line_is_named(self):
        _, text, _ = self.judge("sts-policy", POLICY.replace("mode: enforce", "mode: Enforce"), 2,
                                "--format=json")
        lines = [message["line"] for message in self.parse(text, "lint")["messages"]]
        self.assertIn(2, lines)

    def test_input_that_cannot_be_had(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assert_complaint(cli.run("lint", "tlsa", directory + "/none"), 66)
            self.assert_complaint(cli.run("lint", "tlsa", directory), 66)

    def test_input_without_end(self):
        self.assert_complaint(cli.run("lint", "sts-policy", "/dev/zero"), 65)
        self.assert_complaint(cli.run("lint", "tlsa", "-", stdin=b"x" * (1 << 21)), 65)


cli.main()
