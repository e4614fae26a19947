"""--format nagios: the plugin's codes, one line on standard output whatever happens."""

import cli


class Nagios(cli.Case):
    def assert_unknown(self, done):
        self.assertEqual((done.returncode, done.stderr), (3, b""), done.stdout)
        self.assert_one_line(done.stdout, b"MXPROBE UNKNOWN - ")

    def test_errors_of_our_own(self):
        for arguments in (["check", "--format", "nagios"],
                          ["check", "--format=nagios", "not a domain"],
                          ["check", "--format=nagios", "ex\x1b[2J\nample.com"],
                          ["check", "--format=nagios", "--bogus", "example.com"],
                          ["check", "not a domain", "--format", "nagios"],
                          ["check", "--bogus", "--format=nagios", "example.com"],
                          ["check", "--format=nagios", "--ca-file=/nonexistent", "example.com"],
                          ["check", "--format=nagios", "--ca-file=/dev/null", "example.com"],
                          ["check", "--format=nagios", "--mx=mx.example.com", "a.com", "b.com"],
                          ["--format=nagios"]):
            with self.subTest(arguments):
                self.assert_unknown(cli.run(*arguments))

    def test_no_bar_in_the_text(self):
        """A bar in the text would begin the perfdata."""
        done = cli.run("check", "--format=nagios", "a|b.example")
        self.assert_unknown(done)
        self.assertNotIn(b"|", done.stdout)

    def test_one_line_for_many_domains(self):
        with cli.SilentResolver() as resolver:
            done = cli.run("check", resolver.option, "--deadline=0.3", "--format=nagios",
                           "example.com", "example.org", "example.net")
        self.assert_unknown(done)
        text, perfdata = done.stdout.split(b"|")
        self.assertIn(b"example.com", text)
        self.assertRegex(perfdata, rb" time=0\.\d+s")

    def test_output_that_cannot_be_written(self):
        with cli.SilentResolver() as resolver, open("/dev/full", "wb") as full:
            done = cli.run("check", resolver.option, "--deadline=0.2", "--format=nagios",
                           "example.com", stdout=full)
        self.assertEqual(done.returncode, 3)


cli.main()
