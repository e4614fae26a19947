"""--format nagios: the plugin's codes, one line on standard output whatever happens."""

import re
import socket
import threading

import cli


class MailServer:
    """A mail host of a few lines on the loopback: no STARTTLS, one session."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(cli.PATIENCE)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        connection, _ = self.socket.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 mx.example.com \x1b[31mready\r\n")
            for line in lines:
                if line.startswith(b"QUIT"):
                    connection.sendall(b"221 bye\r\n")
                    break
                known = line.startswith(b"EHLO")
                connection.sendall(b"250 mx.example.com\r\n" if known else b"502 no\r\n")

    def __exit__(self, *_):
        self.thread.join()
        self.socket.close()


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

    def check_mail_server(self, *options):
        with cli.SilentResolver() as resolver, MailServer() as server:
            return cli.run("check", resolver.option, "--deadline=1", "--format=nagios",
                           "--mx=mx.example.com", "--resolve=mx.example.com:127.0.0.1",
                           f"--port={server.port}", *options, "example.com")

    def test_dialogue_goes_to_standard_error(self):
        """With -v too, standard output is the plugin's one line."""
        quiet = self.check_mail_server()
        told = self.check_mail_server("-v")
        for done in (quiet, told):
            self.assert_one_line(done.stdout, b"MXPROBE ")
            self.assertNotIn(b"EHLO", done.stdout)
        self.assertEqual(quiet.returncode, told.returncode)
        self.assertEqual(quiet.stderr, b"")
        self.assertIn(b"mx.example.com [127.0.0.1]", told.stderr)
        heard = re.findall(rb"220 mx|EHLO|250 mx|QUIT|221 bye", told.stderr)
        self.assertEqual(heard, [b"220 mx", b"EHLO", b"250 mx", b"QUIT", b"221 bye"])
        self.assertIsNone(cli.RAW_CONTROL.search(told.stderr))

    def test_output_that_cannot_be_written(self):
        with cli.SilentResolver() as resolver, open("/dev/full", "wb") as full:
            done = cli.run("check", resolver.option, "--deadline=0.2", "--format=nagios",
                           "example.com", stdout=full)
        self.assertEqual(done.returncode, 3)


cli.main()
