"""Too few descriptors, too little memory: our own trouble, never a verdict about the remote."""

import json
import re
import resource
import unittest

import cli

MIB = 1 << 20


class Shortage(cli.Case):
    def run_limited(self, kind, limit):
        def apply():
            resource.setrlimit(kind, (limit, limit))

        with cli.SilentResolver() as resolver:
            return cli.run("check", resolver.option, "--deadline=0.2", "--format=json",
                           "--mx=mx.example.com", "--resolve=mx.example.com:127.0.0.1", "--port=1",
                           "--tlsa=mx.example.com:3 1 1 " + "00" * 32, "example.com",
                           preexec_fn=apply)

    def assert_our_own(self, done):
        """Status 70 and a line that says why, or a result that blames nobody."""
        self.assertIn(done.returncode, (3, 70), done.stderr)
        if done.returncode == 70:
            self.assert_one_line(done.stderr, b"mxprobe: ")
            return
        self.assertEqual(done.stderr, b"")
        document = self.parse(done.stdout, "result")
        self.assertEqual(document["verdict"], "unknown")
        self.assertEqual([one for one in document["findings"] if one["severity"] == "fail"], [])

    def test_descriptors(self):
        for limit in range(5, 24):
            with self.subTest(limit=limit):
                self.assert_our_own(self.run_limited(resource.RLIMIT_NOFILE, limit))

    def test_few_descriptors_are_told(self):
        """With eight there are none left for the loop, the resolver and a session at once."""
        done = self.run_limited(resource.RLIMIT_NOFILE, 8)
        reasons = [] if done.returncode == 70 else [
            one["reason"] for one in self.parse(done.stdout, "result")["findings"]]
        self.assertTrue(done.returncode == 70 or "probe_error" in reasons, reasons)

    @unittest.skipIf(cli.SANITIZED, "a sanitizer needs an address space without limit")
    def test_memory(self):
        for limit in range(8, 96, 4):
            with self.subTest(limit=f"{limit} MiB"):
                done = self.run_limited(resource.RLIMIT_AS, limit * MIB)
                self.assertGreaterEqual(done.returncode, 0)  # no death by a signal
                if done.returncode == 127:  # the system could not even load the program
                    self.assertNotIn(b"mxprobe: out of memory", done.stderr)
                else:
                    self.assert_our_own(done)

    @unittest.skipIf(cli.SANITIZED, "a sanitizer needs an address space without limit")
    def test_no_domain_is_lost(self):
        """Where memory ends in the midst of many domains, what is missing is at least counted."""
        names = [f"d{number}.example" for number in range(300)]
        statuses = set()
        for limit in range(12 * MIB, 32 * MIB, MIB // 2):
            with self.subTest(limit=f"{limit // 1024} KiB"), cli.SilentResolver() as resolver:
                done = cli.run("check", resolver.option, "--deadline=0.1", "--format=json", *names,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                     (limit, limit)))
                statuses.add(done.returncode)
                if done.returncode == 127:  # the system could not even load the program
                    continue
                answered = [json.loads(line)["domain"] for line in done.stdout.splitlines()]
                self.assertEqual(answered, [name for name in names if name in answered])
                self.assert_accounted_for(done, len(names), len(answered))
        self.assertIn(3, statuses)  # with enough of it nothing is missing

    def assert_accounted_for(self, done, asked, answered):
        if done.returncode == 3:
            self.assertEqual((done.stderr, answered), (b"", asked))
            return
        self.assertEqual(done.returncode, 70, done.stderr)
        self.assert_one_line(done.stderr, b"mxprobe: ")
        told = re.search(rb"out of memory: domains without a result: (\d+)", done.stderr)
        if told:
            self.assertEqual(answered + int(told[1]), asked)
        else:  # nothing was begun
            self.assertEqual(answered, 0)


cli.main()
