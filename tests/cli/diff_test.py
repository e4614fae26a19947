"""diff: what changed between two files of results, and how such files are joined."""

import copy
import json
import pathlib
import resource
import subprocess
import tempfile

import cli

RESULT = {
    "schema": "mxprobe.result/1", "domain": "a.test", "domain_unicode": "a.test",
    "started_at": "2026-11-24T08:00:00.123Z", "elapsed_ms": 412, "verdict": "ok", "what_if": [],
    "delivery": {"opportunistic": "tls", "mta_sts": "tls", "dane": "tls"},
    "mx": {"status": "found", "dnssec": "secure",
           "records": [{"host": "mx1.a.test", "preference": 10},
                       {"host": "mx2.a.test", "preference": 20}]},
    "mta_sts": {"record": {"status": "valid", "text": "v=STSv1; id=1;", "id": "1"},
                "policy": {"status": "valid", "url": "https://mta-sts.a.test/", "http_status": 200,
                           "mode": "enforce", "max_age": 604800, "mx": ["*.a.test"],
                           "text": "version: STSv1\n"}},
    "tls_rpt": {"status": "valid", "text": "v=TLSRPTv1; rua=mailto:a@a.test",
                "rua": ["mailto:a@a.test"]},
    "hosts": [], "findings": [],
}
# The delivery words from the best to the worst, as docs/diff.schema.json has them.
STEPS = ["tls", "unauthenticated-tls", "cleartext", "defer", "bounce"]
VERDICTS = ["ok", "warning", "unknown", "fail"]


def result(domain="a.test", **changes):
    made = copy.deepcopy(RESULT)
    made["domain"] = domain
    for path, value in changes.items():
        at = made
        *steps, last = path.split("__")
        for step in steps:
            at = at[step]
        at[last] = value
    return made


def finding(severity="fail", reason="certificate_expired", mx="mx1.a.test", ip="192.0.2.1",
            detail="it ended", policy_type="sts"):
    return {"severity": severity, "row": "41", "result_type": "certificate-expired",
            "reason": reason, "policy_type": policy_type, "stage": "certificate", "mx": mx,
            "ip": ip, "detail": detail, "fix": "Renew it."}


def host(name, certificates, tlsa=()):
    """Its addresses show the certificates, given as (sha256, spki_sha256)."""
    return {"host": name, "preference": 10, "sts_match": "*.a.test",
            "dane": {"status": "usable" if tlsa else "absent", "records": list(tlsa)},
            "endpoints": [{"ip": f"192.0.2.{n}", "tls": {"chain": [
                {"sha256": sha256, "spki_sha256": spki, "not_after": "2027-01-01T00:00:00Z"}]}}
                for n, (sha256, spki) in enumerate(certificates)]}


def text(*results):
    """As our printer has it: no spaces, the schema and the domain first."""
    return "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in results).encode()


class Diff(cli.Case):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def file(self, name, content):
        path = pathlib.Path(self.directory.name) / name
        path.write_bytes(content)
        return str(path)

    def diff(self, before, after, status, *options):
        done = cli.run("diff", *options, self.file("old", before), self.file("new", after))
        self.assertEqual((done.returncode, done.stderr), (status, b""), done.stdout)
        return done.stdout

    def lines(self, before, after, status):
        """The changed domains by name, and the totals."""
        *domains, totals = [self.parse(line, "diff") for line in
                            self.diff(text(*before), text(*after), status,
                                      "--format=json").splitlines(keepends=True)]
        return {line["domain"]: line for line in domains}, totals["summary"]

    def changed(self, before, after, change, status):
        domains, totals = self.lines([before], [after], status)
        self.assertEqual(totals[change], 1, totals)
        return domains["a.test"]

    def test_nothing(self):
        later = result(started_at="2026-11-25T08:00:00.000Z", elapsed_ms=5)
        domains, totals = self.lines([result()], [later], 0)
        self.assertEqual((domains, totals["unchanged"]), ({}, 1))
        self.assertIn(b"unchanged 1", self.diff(text(result()), text(later), 0))

    def test_verdict(self):
        for i, before in enumerate(VERDICTS):
            for j, after in enumerate(VERDICTS):
                if i != j:
                    with self.subTest(before=before, after=after):
                        change = "worse" if j > i else "better"
                        line = self.changed(result(verdict=before), result(verdict=after), change,
                                            2 if j > i else 0)
                        self.assertEqual((line["change"], line["old"]["verdict"],
                                          line["new"]["verdict"]), (change, before, after))

    def test_delivery(self):
        for sender in RESULT["delivery"]:
            for i, before in enumerate(STEPS):
                for j, after in enumerate(STEPS):
                    if i == j:
                        continue
                    with self.subTest(sender=sender, before=before, after=after):
                        change = "worse" if j > i else "better"
                        line = self.changed(result(**{f"delivery__{sender}": before}),
                                            result(**{f"delivery__{sender}": after}), change,
                                            2 if j > i else 0)
                        self.assertEqual(line["delivery"],
                                         [{"sender": sender, "old": before, "new": after}])

    def test_unknown_is_no_step(self):
        for before, after in (("tls", "unknown"), ("unknown", "bounce")):
            self.changed(result(delivery__dane=before), result(delivery__dane=after), "changed", 0)

    def test_findings(self):
        cases = [("fail", "worse", "better"), ("warning", "worse", "better"),
                 ("unknown", "changed", "changed"), ("info", "changed", "changed")]
        for severity, coming, going in cases:
            with self.subTest(severity=severity):
                has = result(findings=[finding(severity)])
                line = self.changed(result(), has, coming, 2 if coming == "worse" else 0)
                self.assertEqual([f["severity"] for f in line["findings"]["new"]], [severity])
                line = self.changed(has, result(), going, 0)
                self.assertEqual([f["severity"] for f in line["findings"]["gone"]], [severity])

    def test_a_finding_is_the_same_whatever_its_detail(self):
        before = result(findings=[finding(detail="ended 3 days ago")])
        after = result(findings=[finding(detail="ended 4 days ago")])
        self.assertEqual(self.lines([before], [after], 0)[1]["unchanged"], 1)

    def test_a_finding_is_another_elsewhere(self):
        for key, value in (("mx", "mx2.a.test"), ("ip", "192.0.2.9"), ("ip", None),
                           ("reason", "hostname_mismatch"), ("policy_type", "tlsa"),
                           ("severity", "warning")):
            with self.subTest(key=key, value=value):
                other = finding(**{key: value})
                line = self.changed(result(findings=[finding()]), result(findings=[other]),
                                    "worse", 2)
                self.assertEqual([f[key] for f in line["findings"]["new"]], [value])
                self.assertEqual(len(line["findings"]["gone"]), 1)

    def test_of_findings_alike_the_surplus_is_new(self):
        one, two, three = (finding(detail=f"pattern {n}") for n in range(3))
        line = self.changed(result(findings=[one, two]), result(findings=[two, three, one]),
                            "worse", 2)
        self.assertEqual([f["detail"] for f in line["findings"]["new"]], ["pattern 2"])
        self.assertEqual(line["findings"]["gone"], [])

    def test_mx(self):
        records = [{"host": "mx2.a.test", "preference": 20}, {"host": "mx3.a.test",
                                                              "preference": 10}]
        line = self.changed(result(), result(mx__records=records), "changed", 0)
        self.assertEqual(line["mx"]["gone"], [{"host": "mx1.a.test", "preference": 10}])
        self.assertEqual(line["mx"]["new"], [{"host": "mx3.a.test", "preference": 10}])
        turned = result(mx__records=RESULT["mx"]["records"][::-1])
        self.assertEqual(self.lines([result()], [turned], 0)[1]["unchanged"], 1)
        line = self.changed(result(), result(mx__status="implicit", mx__records=[]), "changed", 0)
        self.assertEqual((line["mx"]["old_status"], line["mx"]["new_status"]),
                         ("found", "implicit"))

    def test_policies(self):
        cases = [("mta_sts__policy__mode", "testing", "mta_sts", "policy.mode"),
                 ("mta_sts__policy__mode", None, "mta_sts", "policy.mode"),
                 ("mta_sts__policy__max_age", 86400, "mta_sts", "policy.max_age"),
                 ("mta_sts__policy__mx", ["mx1.a.test", "mx2.a.test"], "mta_sts", "policy.mx"),
                 ("mta_sts__policy__status", "invalid", "mta_sts", "policy.status"),
                 ("mta_sts__record__status", "absent", "mta_sts", "record.status"),
                 ("mta_sts__record__text", "v=STSv1; id=2;", "mta_sts", "record.text"),
                 ("tls_rpt__status", "absent", "tls_rpt", "status"),
                 ("tls_rpt__text", None, "tls_rpt", "text")]
        for path, value, policy, field in cases:
            with self.subTest(path=path):
                line = self.changed(result(), result(**{path: value}), "changed", 0)
                (change,) = line["policies"]
                self.assertEqual((change["policy"], change["field"], change["new"]),
                                 (policy, field, value))
                line = self.changed(result(**{path: value}), result(), "changed", 0)
                self.assertEqual(line["policies"][0]["old"], value)

    def test_tlsa(self):
        one, two = "3 1 1 " + "0" * 64, "3 1 1 " + "1" * 64
        line = self.changed(result(hosts=[host("mx1.a.test", [], [one])]),
                            result(hosts=[host("mx1.a.test", [], [one, two])]), "changed", 0)
        self.assertEqual(line["policies"], [{"policy": "dane", "field": "records",
                                             "mx": "mx1.a.test", "old": [one],
                                             "new": [one, two]}])
        turned = [result(hosts=[host("mx1.a.test", [], records)])
                  for records in ([one, two], [two, one])]
        self.assertEqual(self.lines(turned[:1], turned[1:], 0)[1]["unchanged"], 1)

    def test_certificates(self):
        old, new, other = ("0" * 64, "a" * 64), ("1" * 64, "a" * 64), ("2" * 64, "b" * 64)

        def both(before, after):
            return [result(hosts=[host("mx0.a.test", [other]), host("mx1.a.test", each)])
                    for each in (before, after)]

        line = self.changed(*both([old, old], [new, new]), "changed", 0)
        (renewal,) = line["certificates"]
        self.assertEqual(renewal["host"], "mx1.a.test")
        self.assertEqual([[c["sha256"] for c in renewal[side]] for side in ("old", "new")],
                         [[old[0]], [new[0]]])
        before, after = both([old], [new])
        shown = self.diff(text(before), text(after), 0)
        self.assertIn(b"the key is the same", shown)
        before, after = both([old], [other])
        self.assertNotIn(b"the key is the same", self.diff(text(before), text(after), 0))
        # An address that was not reached once tells nothing about a renewal.
        for before, after in (both([old], []), both([], [old]), both([old], [old, new])):
            self.assertEqual(self.lines([before], [after], 0)[1]["unchanged"], 1)

    def test_domains_that_only_one_file_has(self):
        failing = result("b.test", verdict="fail", findings=[finding()])
        domains, totals = self.lines([result(), failing], [result(), result("c.test")], 0)
        self.assertEqual({name: line["change"] for name, line in domains.items()},
                         {"b.test": "removed", "c.test": "added"})
        self.assertEqual((domains["b.test"]["new"], domains["c.test"]["old"]), (None, None))
        self.assertEqual((totals["added"], totals["removed"], totals["unchanged"]), (1, 1, 1))
        self.assertEqual(self.lines([], [], 0)[1]["unchanged"], 0)

    def test_order_does_not_count_in_small_files(self):
        names = ["foo.test", "foo.tes", "foo-bar.test", "a.test", "z.test", "foo.test.a"]
        before = [result(name) for name in names]
        after = [result(name, verdict="fail") for name in sorted(names, reverse=True)]
        domains, totals = self.lines(before, after, 2)
        self.assertEqual((set(domains), totals["worse"]), (set(names), len(names)))

    def test_of_several_results_of_a_domain_the_last_counts(self):
        before = [result(), result(verdict="warning"), result("b.test")]
        domains, totals = self.lines(before, [result(verdict="warning"), result("b.test")], 0)
        self.assertEqual((domains, totals["unchanged"]), ({}, 2))

    def test_standard_input(self):
        old, new = text(result()), text(result(verdict="fail"))
        path = self.file("old", old)
        self.assertEqual(cli.run("diff", path, "-", stdin=new).returncode, 2)
        self.assertEqual(cli.run("diff", "-", path, stdin=new).returncode, 0)
        self.assert_complaint(cli.run("diff", "-", "-"), 64)

    def test_operands(self):
        path = self.file("old", text(result()))
        for operands in ([], [path], [path, path, path]):
            self.assert_complaint(cli.run("diff", *operands), 64)
        for option in ("--format=tlsrpt", "--port=25", "--org=A"):
            self.assert_complaint(cli.run("diff", option, path, path), 64)

    def test_files_that_cannot_be_read(self):
        path = self.file("old", text(result()))
        for bad in (self.directory.name + "/none", self.directory.name):
            self.assert_complaint(cli.run("diff", path, bad), 66)
            self.assert_complaint(cli.run("diff", bad, path), 66)

    def test_lines_that_are_no_results(self):
        good = text(result())
        broken = {
            "an empty object": b"{}\n", "words": b"hello\n", "a list": b"[]\n",
            "another schema": text(dict(RESULT, schema="mxprobe.lint/1")),
            "half a line": good[:200], "two in one": good[:-1] + good,
            "no verdict": text({k: v for k, v in RESULT.items() if k != "verdict"}),
            "a verdict of its own": text(result(verdict="fine")),
            "a delivery of its own": text(result(delivery__dane="pigeon")),
            "hosts that are none": text(result(hosts="mx")),
            "findings that are none": text(result(findings=[1])),
            "a name that is too long": text(result("a" * 300)),
            "a NUL": good[:-2] + b"\0}\n", "no line at all": b"x" * (17 << 20),
        }
        for name, line in broken.items():
            with self.subTest(name=name):
                old = self.file("old", text(result("0.test")))
                new = self.file("new", text(result("0.test")) + line)
                done = cli.run("diff", old, new)
                self.assertEqual(done.returncode, 65, done)
                self.assert_one_line(done.stderr, b"mxprobe: ")
                self.assertIn(b": line 2 ", done.stderr)
                self.assertEqual(cli.run("diff", new, old).returncode, 65)

    def test_blank_lines_and_other_printers(self):
        spaced = json.dumps(result()).encode() + b"\r\n\n"
        self.assertIn(b"unchanged 1", self.diff(text(result()), spaced, 0))
        self.assertIn(b"unchanged 1", self.diff(text(result()), text(result())[:-1], 0))

    def test_what_a_file_says_cannot_steer_the_terminal(self):
        attack = "\x1b[2J\u202e\x9b\r\n"
        before = result(mta_sts__record__text=attack, mx__records=[
            {"host": attack, "preference": 1}])
        after = result(verdict="fail", findings=[finding(detail=attack, reason=attack, mx=attack)],
                       hosts=[host(attack, [(attack, attack)])])
        for form in ("text", "json"):
            shown = self.diff(text(before), text(after), 2, f"--format={form}")
            self.assertIsNone(cli.RAW_CONTROL.search(shown), shown)
            self.assertNotIn("\u202e", shown.decode())

    def test_color(self):
        shown = self.diff(text(result()), text(result(verdict="fail")), 2, "--color=always")
        self.assertIn(b"\x1b[31mworse", shown)

    def test_output_that_cannot_be_written(self):
        old, new = self.file("old", text(result())), self.file("new", text(result(verdict="fail")))
        with open("/dev/full", "wb") as full:
            done = cli.run("diff", old, new, stdout=full)
        self.assertEqual(done.returncode, 74)
        self.assert_one_line(done.stderr, b"mxprobe: ")


class Long(cli.Case):
    """Files of more lines than are sorted here: 10,000."""

    LINES = 12000

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.line = text(result("DOMAIN"))

    def file(self, name, numbers, line=None):
        path = pathlib.Path(self.directory.name) / name
        with path.open("wb") as out:
            for number in numbers:
                out.write((line or self.line).replace(b"DOMAIN", b"d%06d.test" % number, 1))
        return str(path)

    def test_sorted(self):
        old = self.file("old", range(0, self.LINES))
        new = self.file("new", range(100, self.LINES + 200))
        done = cli.run("diff", "--format=json", old, new)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        totals = json.loads(done.stdout.splitlines()[-1])["summary"]
        self.assertEqual((totals["removed"], totals["unchanged"], totals["added"]),
                         (100, self.LINES - 100, 200))

    def test_the_same_order_is_as_good(self):
        turned = list(range(self.LINES, 0, -1))
        done = cli.run("diff", self.file("old", turned), self.file("new", turned))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"unchanged %d" % self.LINES, done.stdout)

    def test_what_is_not_sorted_names_the_command_that_sorts(self):
        turned = range(self.LINES, 0, -1)
        old, new = self.file("old file", turned), self.file("new", range(self.LINES))
        for files in ((old, new), (new, old)):
            done = cli.run("diff", *files)
            self.assert_complaint(done, 65)
            command = done.stderr.decode().split("run: ")[1]
        subprocess.run(["sh", "-c", command], check=True)
        done = cli.run("diff", old, new)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        with open(self.file("turned", turned), "rb") as turned_file:
            done = subprocess.run([cli.PROGRAM, "diff", new, "-"], stdin=turned_file,
                                  capture_output=True, check=False)
        self.assert_complaint(done, 65)
        self.assertIn(b"LC_ALL=C sort |", done.stderr)

    def test_memory_does_not_grow_with_the_file(self):
        if cli.SANITIZED:
            self.skipTest("a sanitizer takes memory of its own")
        # Lines of 16 KiB: what is read ahead ends at 64 MiB, and here are 240 MiB, twice.
        padded = text(result("DOMAIN", mta_sts__policy__text="x" * 16384))
        path = self.file("both", range(15000), padded)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        done = cli.run("diff", path, path)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b"unchanged 15000", done.stdout)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(most, max(before, 200 * 1024), "KiB")


cli.main()
