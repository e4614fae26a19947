"""report: the forms in which reports arrive, what is refused and where, and what a bomb costs."""

import base64
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import cli

SAMPLES = cli.DOCS.parent / "tests" / "reports"
NAMES = sorted(path.name for path in SAMPLES.glob("*.json"))
GOOGLE = (SAMPLES / "google.json").read_bytes()
QUIET = (b'{"organization-name":"x","date-range":{"start-datetime":"2026-11-20T00:00:00Z",'
         b'"end-datetime":"2026-11-20T23:59:59Z"},"contact-info":"c","report-id":"1","policies":[{'
         b'"policy":{"policy-type":"no-policy-found","policy-domain":"example.net"},"summary":{'
         b'"total-successful-session-count":3,"total-failure-session-count":0},'
         b'"failure-details":[]}]}')
WITH_MAIL = b"GMime " in cli.run("--version").stdout.replace(b"without GMime", b"")

# A bomb costs less than this, whatever it is: the project's bound, and sanitizers take more.
MEMORY_KIB = 64 * 1024
SECONDS = 1


def mail(*parts, head=b""):
    """A mail in the form of RFC 8460 section 5.3; a part is (header lines, bytes)."""
    text = [head, b"From: tlsrpt@mail.sender.example", b"To: tlsrpt@example.net",
            b"Subject: Report Domain: example.net Submitter: mail.sender.example Report-ID: <1>",
            b"TLS-Report-Domain: example.net", b"TLS-Report-Submitter: mail.sender.example",
            b"MIME-Version: 1.0",
            b'Content-Type: multipart/report; report-type="tlsrpt"; boundary="=_1"', b"",
            b"This is a multipart message in MIME format.", b"", b"--=_1",
            b'Content-Type: text/plain; charset="us-ascii"', b"", b"An aggregate TLS report", b""]
    for header, content in parts:
        text += [b"--=_1", header, b"", content]
    text += [b"--=_1--", b""]
    return b"\r\n".join(text[0 if head else 1:])


def base64_part(media_type, content, name="report.json.gz"):
    header = (f'Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n'
              f'Content-Disposition: attachment; filename="{name}"').encode()
    return header, base64.encodebytes(content).replace(b"\n", b"\r\n")


class ReportCase(cli.Case):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)

    def write(self, name, content):
        (self.path / name).write_bytes(content)
        return self.path / name

    def reports(self, *arguments, stdin=b"", status=2):
        done = cli.run("report", "--format", "json", *arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (status, b""))
        return json.loads(done.stdout)["reports"]


class Files(ReportCase):
    def test_every_sample_is_read(self):
        for name in NAMES:
            with self.subTest(name):
                report, = self.reports(SAMPLES / name)
                self.assertEqual(report["file"], str(SAMPLES / name))

    @unittest.skipUnless(cli.jsonschema, "needs python3-jsonschema")
    def test_output_is_as_its_schema_says(self):
        schema = json.loads((cli.DOCS / "report.schema.json").read_text("utf-8"))
        for name in NAMES:
            done = cli.run("report", "--format", "json", SAMPLES / name)
            cli.jsonschema.Draft202012Validator(schema).validate(json.loads(done.stdout))

    def test_no_failures_is_status_0(self):
        self.assertEqual(len(self.reports(self.write("quiet", QUIET), status=0)), 1)

    def test_one_with_failures_among_others_is_status_2(self):
        quiet, loud = self.write("quiet", QUIET), self.write("loud", GOOGLE)
        self.assertEqual(len(self.reports(quiet, loud, quiet)), 3)

    def test_standard_input(self):
        report, = self.reports("-", stdin=GOOGLE)
        self.assertEqual((report["file"], report["dialect"]), ("-", "Google"))

    def test_gzip_whatever_its_name(self):
        report, = self.reports(self.write("report.dat", gzip.compress(GOOGLE)))
        self.assertEqual(report["organization"], "Google Inc.")

    def test_gzip_of_several_members(self):
        members = gzip.compress(GOOGLE[:100]) + gzip.compress(GOOGLE[100:])
        self.assertEqual(len(self.reports("-", stdin=members)), 1)

    def test_folder_by_name_and_not_below(self):
        self.write("b.json", GOOGLE)
        self.write("a.json", QUIET)
        self.write(".hidden", b"no report")
        (self.path / "below").mkdir()
        (self.path / "below" / "c").write_bytes(b"no report")
        self.assertEqual([pathlib.Path(report["file"]).name for report in self.reports(self.path)],
                         ["a.json", "b.json"])

    def test_bad_one_among_good_ones(self):
        good, bad = self.write("good", GOOGLE), self.write("bad", b"<html>")
        done = cli.run("report", "--format", "json", bad, good)
        self.assertEqual(done.returncode, 65)
        self.assert_one_line(done.stderr, f"mxprobe: {bad}: byte 0: ".encode())
        self.assertEqual(len(json.loads(done.stdout)["reports"]), 1)

    def test_refused(self):
        packed = gzip.compress(GOOGLE)
        for label, content, complaint in [
                ("nothing", b"", b"byte 0: "),
                ("cut", GOOGLE[:200], b"byte 200: "),
                ("cut gzip", packed[:100], b"byte 100: the gzip data ends too early"),
                ("damaged gzip", packed[:-8] + b"\0" * 8, b"the gzip data is damaged"),
                ("gzip of nothing", gzip.compress(b""), b"byte 0: "),
                ("gzip in gzip", gzip.compress(packed), b"byte 0: "),
                ("gzip of text", gzip.compress(b"hello"), b"byte 0: "),
                ("DMARC", b"<?xml version='1.0'?><feedback/>", b"byte 0: "),
                ("a terminal's control", b"\x1b[2J", b"byte 0: ")]:
            with self.subTest(label):
                done = cli.run("report", "-", stdin=content)
                self.assert_complaint(done, 65)
                self.assertIn(complaint, done.stderr)

    def test_every_cut_of_a_gzip_is_refused(self):
        packed = gzip.compress(GOOGLE)
        for length in range(0, len(packed), 7):
            done = cli.run("report", "-", stdin=packed[:length])
            self.assertEqual(done.returncode, 65, length)

    def test_unreadable(self):
        self.assert_complaint(cli.run("report", self.path / "absent"), 66)

    def test_usage(self):
        self.assert_complaint(cli.run("report"), 64)
        self.assert_complaint(cli.run("report", "--format", "tlsrpt", "-"), 64)
        self.assert_complaint(cli.run("report", "--mx", "a.example", "-"), 64)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = cli.run("report", self.write("report", GOOGLE), stdout=full)
        self.assertEqual(done.returncode, 74)


@unittest.skipUnless(WITH_MAIL, "built without GMime")
class Mails(ReportCase):
    def test_report_in_gzip(self):
        report, = self.reports("-", stdin=mail(base64_part("application/tlsrpt+gzip",
                                                           gzip.compress(GOOGLE))))
        self.assertEqual(report["organization"], "Google Inc.")
        self.assertNotIn("media_type", str(report["deviations"]))

    def test_report_as_json(self):
        header = b"Content-Type: application/tlsrpt+json\r\nContent-Transfer-Encoding: 8bit"
        self.assertEqual(len(self.reports("-", stdin=mail((header, GOOGLE)))), 1)

    def test_mail_of_an_mbox(self):
        part = base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE))
        head = b"From tlsrpt@mail.sender.example Fri Nov 20 00:00:00 2026"
        self.assertEqual(len(self.reports("-", stdin=mail(part, head=head))), 1)

    def test_mail_with_bare_line_feeds(self):
        part = base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE))
        self.assertEqual(len(self.reports("-", stdin=mail(part).replace(b"\r\n", b"\n"))), 1)

    def test_several_mails(self):
        part = base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE))
        paths = [self.write(f"{name}.eml", mail(part)) for name in "abc"]
        self.assertEqual(len(self.reports(*paths)), 3)

    def test_another_media_type_is_noted(self):
        for media_type, name in [("application/gzip", "x"), ("application/octet-stream",
                                                             "report.json.gz")]:
            part = base64_part(media_type, gzip.compress(GOOGLE), name)
            report, = self.reports("-", stdin=mail(part))
            self.assertIn(f"media_type: {media_type}", report["deviations"])

    def test_forwarded_as_an_attachment(self):
        part = base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE))
        inner = mail(part).replace(b"=_1", b"=_2")
        outer = mail((b"Content-Type: message/rfc822", inner))
        self.assertEqual(len(self.reports("-", stdin=outer)), 1)

    def test_several_reports(self):
        part = base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE))
        self.assertEqual(len(self.reports("-", stdin=mail(part, part))), 2)

    def test_mail_without_a_report(self):
        for content in [mail(), b"Subject: hello\r\n\r\nhello\r\n", b"Subject:",
                        mail((b"Content-Type: image/png", b"x"))]:
            done = cli.run("report", "-", stdin=content)
            self.assert_complaint(done, 65)
            self.assertIn(b"a mail without a TLS-RPT report", done.stderr)

    def test_mail_cut_anywhere(self):
        whole = mail(base64_part("application/tlsrpt+gzip", gzip.compress(GOOGLE)))
        for length in range(0, len(whole) - 60, 41):
            self.assertEqual(cli.run("report", "-", stdin=whole[:length]).returncode, 65, length)


class WithoutMail(cli.Case):
    @unittest.skipIf(WITH_MAIL, "built with GMime")
    def test_absence_is_said(self):
        self.assertIn(b"without GMime", cli.run("--version").stdout)
        done = cli.run("report", "-", stdin=b"Subject: hello\r\n\r\nhello\r\n")
        self.assert_complaint(done, 65)
        self.assertIn(b"GMime", done.stderr)


def nested(depth):
    """A mail in a mail in a mail."""
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: x\r\n\r\nx\r\n"


def parts(depth):
    """A multipart in a multipart in a multipart."""
    return b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (i, i)
                    for i in range(depth)) + b"\nx\n"


def failures(n):
    """A report of the most that is read: every failure of another host."""
    one = ('{"result-type":"validation-failure","receiving-mx-hostname":"mx%d.example.net",'
           '"receiving-ip":"192.0.2.11","failed-session-count":1}')
    return QUIET.replace(b'"failure-details":[]',
                         b'"failure-details":['
                         + ",".join(one % i for i in range(n)).encode() + b"]")


def bombs():
    """(name, bytes, whether it is a report after all)"""
    size = 1 << 20
    yield "zeros in gzip", gzip.compress(b"0" * (200 * size)), False
    yield "spaces in gzip", gzip.compress(b" " * (200 * size)), False
    yield "gzip members without end", gzip.compress(b"") * 100000, False
    yield "brackets", b"[" * (4 * size), False
    yield "braces", b'{"a":' * (size // 2), False
    yield "empty objects", QUIET[:-2] + b",{}" * size + b"]}", False
    yield "many values", b"[" + b"1," * (2 * size) + b"1]", False
    yield "one long string", b'"' + b"x" * (4 * size), False
    yield "escapes", b'"' + b"\\u0041" * (size // 2), False
    yield "digits", b"1" * (4 * size), False
    yield "larger than any report", b" " * (8 * size), False
    yield "as many failures as are read", failures(19900), True
    yield "more failures", failures(20100), False
    yield "header fields", b"a:\n" * (2 * size), False
    yield "one long header", b"Subject: " + b"x" * (5 * size), False
    yield "boundaries", mail().replace(b"--=_1--", b"--=_1\n\n" * (size // 2)), False
    yield "fewer boundaries", mail().replace(b"--=_1--", b"--=_1\n\n" * 40000), False
    yield "parts in parts", parts(900), False
    yield "mails in mails", nested(100000), False
    yield "fewer mails in mails", nested(40000), False
    yield "a bomb in a mail", mail(base64_part("application/tlsrpt+gzip",
                                               gzip.compress(b" " * (200 * size)))), False


# What a process used is carried over from whoever forked it: so a small one has to.
METER = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], check=False, stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


@unittest.skipIf(cli.SANITIZED, "sanitizers take time and memory of their own")
class Bombs(cli.Case):
    def test_costs(self):
        for label, content, report in bombs():
            with self.subTest(label), tempfile.TemporaryFile() as file:
                file.write(content)
                file.seek(0)
                done = subprocess.run([sys.executable, "-c", METER, cli.PROGRAM, "report",
                                       "--format", "json", "-"], stdin=file, check=True,
                                      capture_output=True, timeout=cli.PATIENCE)
                status, memory_kib, seconds = map(float, done.stdout.split())
                if os.environ.get("SHOW"):
                    print(f"{label}: {memory_kib / 1024:.0f} MiB, {seconds:.2f} s,",
                          done.stderr.decode().strip())
                self.assertEqual(status, 2 if report else 65, done.stderr[:200])
                self.assertLessEqual(done.stderr.count(b"\n"), 1)
                self.assertLess(memory_kib, MEMORY_KIB)
                self.assertLess(seconds, SECONDS)


cli.main()
