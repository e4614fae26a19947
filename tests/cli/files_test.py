"""Files named on the command line: 66 what cannot be opened, 65 what is malformed."""

import pathlib
import ssl
import subprocess
import tempfile

import cli

POLICY = b"version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n"


class Files(cli.Case):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.resolver = cli.SilentResolver().__enter__()
        self.addCleanup(self.resolver.__exit__)

    def write(self, content):
        path = pathlib.Path(self.directory.name) / "file"
        path.write_bytes(content)
        return str(path)

    def certificate(self):
        """A self-signed certificate and its CRL-less key, by the openssl command."""
        path = pathlib.Path(self.directory.name) / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Test", "-keyout",
                        "/dev/null", "-out", path], check=True, stderr=subprocess.DEVNULL)
        return path.read_bytes()

    def check(self, *options):
        return cli.run("check", self.resolver.option, "--deadline=0.2", "--format=json", *options,
                       "example.com")

    def test_missing(self):
        for option in ("--ca-file", "--crl-file", "--sts-policy"):
            for name, path in (("missing", self.directory.name + "/none"),
                               ("directory", self.directory.name),
                               ("control bytes", self.directory.name + "/\x1b[2J\n")):
                with self.subTest(option=option, name=name):
                    done = self.check(option, path)
                    self.assert_complaint(done, 66)
                    self.assertFalse(self.resolver.was_asked())

    def test_malformed(self):
        truncated = self.certificate()[:200]
        der = ssl.PEM_cert_to_DER_cert(self.certificate().decode())
        for option, contents in {
                "--ca-file": (b"", b"not a certificate\n", truncated, der, b"\0" * 4096),
                "--crl-file": (b"", b"not a CRL\n", self.certificate(), b"\xff" * 4096),
                "--sts-policy": (b"", b"version: STSv1\n", POLICY.replace(b"enforce", b"Enforce"),
                                 POLICY + b"\n", b"\0" * 100, b"x" * (1 << 21)),
        }.items():
            for content in contents:
                with self.subTest(option=option, content=content[:40]):
                    done = self.check(option, self.write(content))
                    self.assert_complaint(done, 65)
                    self.assertFalse(self.resolver.was_asked())

    def test_good(self):
        for option, content in (("--ca-file", self.certificate()), ("--sts-policy", POLICY)):
            with self.subTest(option):
                done = self.check(option, self.write(content))
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertEqual(self.parse(done.stdout, "result")["verdict"], "unknown")

    def test_policy_is_told_as_what_if(self):
        path = self.write(POLICY)
        document = self.parse(self.check("--sts-policy", path).stdout, "result")
        self.assertEqual(document["what_if"], [f"sts-policy={path}"])
        self.assertEqual(document["mta_sts"]["record"]["status"], "valid")  # implied
        self.assertEqual(document["mta_sts"]["policy"]["mode"], "enforce")
        self.assertEqual(document["mta_sts"]["policy"]["mx"], ["mx.example.com"])


cli.main()
