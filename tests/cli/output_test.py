"""Standard output that cannot be written is status 74, whatever is printed and however it fails."""

import os
import subprocess

import cli

PRINTERS = {
    "help": ["--help"],
    "help of a command": ["check", "--help"],
    "version": ["--version"],
    "lint": ["lint", "sts-record", "-"],
    "lint, JSON": ["lint", "--format=json", "sts-record", "-"],
    "check": ["check", "--deadline=0.2", "example.com"],
    "check, JSON": ["check", "--deadline=0.2", "--format=json", "example.com", "example.org"],
}


class Output(cli.Case):
    def each(self, **options):
        for name, arguments in PRINTERS.items():
            with self.subTest(name), cli.SilentResolver() as resolver:
                if arguments[0] == "check" and "--help" not in arguments:
                    arguments = arguments + [resolver.option]
                done = cli.run(*arguments, stdin=b"v=STSv1; id=1;", **options)
                self.assertEqual(done.returncode, 74, done.stderr)
                self.assert_one_line(done.stderr, b"mxprobe: ")

    def test_disk_full(self):
        with open("/dev/full", "wb") as full:
            self.each(stdout=full)

    def test_closed(self):
        self.each(stdout=None, preexec_fn=lambda: os.close(1))

    def test_standard_input_and_output_closed(self):
        """What is opened first must not be taken for standard output."""
        with cli.SilentResolver() as resolver:
            done = subprocess.run(
                ["sh", "-c", 'exec "$@" <&- >&-', "sh", cli.PROGRAM, "check", "--deadline=0.2",
                 resolver.option, "example.com"], stderr=subprocess.PIPE, timeout=cli.PATIENCE,
                check=False)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assert_one_line(done.stderr, b"mxprobe: ")

    def test_closed_streams_are_no_sockets(self):
        with cli.SilentResolver() as resolver:
            program = subprocess.Popen(
                ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", cli.PROGRAM, "check", "-v",
                 "--deadline=5", resolver.option, "example.com"])
            resolver.wait_for_question()
            held = [os.readlink(f"/proc/{program.pid}/fd/{number}") for number in range(3)]
            program.terminate()
            program.wait(cli.PATIENCE)
        self.assertEqual(held, ["/dev/null"] * 3)

    def test_reader_gone(self):
        """A pipe without a reader is an error like others, and no death by SIGPIPE."""
        reading, writing = os.pipe()
        os.close(reading)
        self.addCleanup(os.close, writing)
        self.each(stdout=writing)

    def test_standard_error_closed(self):
        """No place to complain to: the status tells, and the complaint gets into no other file."""
        done = subprocess.run(["sh", "-c", 'exec "$@" 2>&-', "sh", cli.PROGRAM, "check", "a b"],
                              stdout=subprocess.PIPE, timeout=cli.PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stdout), (64, b""))


cli.main()
