"""Certificates, sound and unsound, by the name of what is wrong with them.

Every profile is a function from the lab's authorities and a host name to a Chain. The dates are
relative to the moment of making, so a chain is good for a day (labkit/cache.py sees to that).
"""
import datetime
import warnings
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

# A SHA-1 signature is deprecated: that is what one of the profiles is for.
warnings.filterwarnings("ignore", message="SHA1 signatures are deprecated")

DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


@dataclass
class Pair:
    certificate: x509.Certificate
    key: object


@dataclass
class Chain:
    """What a server is given: its key and the certificates it sends, leaf first."""
    key: object
    certificates: list

    def key_pem(self):
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())

    def chain_pem(self):
        return b"".join(certificate.public_bytes(PEM) for certificate in self.certificates)


def new_key(bits=0):
    """An RSA key of so many bits, or P-256."""
    if bits:
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name):
    """A name of the CN alone; one that is whole already stays as it is."""
    if isinstance(common_name, x509.Name):
        return common_name
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class Authority:
    """Makes certificates; `now` is the moment all dates are relative to."""

    def __init__(self, now):
        self.now = now
        self.root = self.make_ca("Lab Root CA", None)
        self.issuer = self.make_ca("Lab Issuing CA", self.root)
        self.revoked = []  # serial numbers, of the issuing CA

    def build(self, subject, issuer, key, days, extensions, digest=None):
        """One certificate signed by `issuer` (a Pair, or None for self-signed)."""
        begin, end = days
        builder = (x509.CertificateBuilder()
                   .subject_name(name(subject))
                   .issuer_name(issuer.certificate.subject if issuer else name(subject))
                   .public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(self.now + begin * DAY)
                   .not_valid_after(self.now + end * DAY)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                                  critical=False))
        signer = issuer.key if issuer else key
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, digest or hashes.SHA256())

    def make_ca(self, subject, issuer, days=(-400, 3000), path_length=None, key=None, is_ca=True,
                more=()):
        key = key or new_key()
        usage = x509.KeyUsage(digital_signature=False, content_commitment=False,
                              key_encipherment=False, data_encipherment=False,
                              key_agreement=False, key_cert_sign=True, crl_sign=True,
                              encipher_only=False, decipher_only=False)
        extensions = [(x509.BasicConstraints(is_ca, path_length if is_ca else None), True)]
        if is_ca:
            extensions.append((usage, True))
        extensions += list(more)
        return Pair(self.build(subject, issuer, key, days, extensions), key)

    def leaf(self, host, issuer=None, days=(-30, 60), sans=None, key=None, digest=None, more=(),
             purpose=ExtendedKeyUsageOID.SERVER_AUTH, self_signed=False, subject=None):
        """A Pair for `host`, by the issuing CA unless told otherwise."""
        key = key or new_key()
        sans = [host] if sans is None else sans
        extensions = [(x509.BasicConstraints(False, None), True),
                      (x509.ExtendedKeyUsage([purpose]), False)]
        if sans:
            extensions.append(
                (x509.SubjectAlternativeName([x509.DNSName(san) for san in sans]), False))
        issuer = None if self_signed else (issuer or self.issuer)
        subject = host[:64] if subject is None else subject
        return Pair(self.build(subject, issuer, key, days, extensions + list(more), digest), key)

    def crls(self):
        """The CRLs of the root and of the issuing CA, PEM."""
        return self.crl(self.root, []) + self.crl(self.issuer, self.revoked)

    def crl(self, issuer, serials):
        builder = (x509.CertificateRevocationListBuilder()
                   .issuer_name(issuer.certificate.subject)
                   .last_update(self.now - DAY).next_update(self.now + 30 * DAY))
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial)
                .revocation_date(self.now - 2 * DAY).build())
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(PEM)

    def chain(self, leaf, *above):
        """`leaf` and what stands above it; the issuing CA when nothing is named."""
        pairs = above if above else (self.issuer,)
        return Chain(leaf.key, [leaf.certificate] + [pair.certificate for pair in pairs])


def good(ca, host, *more_names):
    return ca.chain(ca.leaf(host, sans=[host, *more_names]))


def good_rsa(ca, host):
    return ca.chain(ca.leaf(host, key=new_key(2048)))


def self_signed(ca, host):
    leaf = ca.leaf(host, self_signed=True)
    return Chain(leaf.key, [leaf.certificate])


def self_signed_expired(ca, host):
    leaf = ca.leaf(host, self_signed=True, days=(-400, -23))
    return Chain(leaf.key, [leaf.certificate])


def expired(ca, host):
    return ca.chain(ca.leaf(host, days=(-113, -23)))


def expired_rsa(ca, host):
    return ca.chain(ca.leaf(host, days=(-113, -23), key=new_key(2048)))


def expired_wrong_host(ca, host):
    return ca.chain(ca.leaf(host, days=(-113, -23), sans=["elsewhere.test"]))


def not_valid_yet(ca, host):
    return ca.chain(ca.leaf(host, days=(10, 100)))


def expires_soon(ca, host):
    return ca.chain(ca.leaf(host, days=(-80, 10)))


def unknown_ca(ca, host):
    """Neither the root nor the issuer is among the anchors; the root is not sent."""
    root = ca.make_ca("Stranger Root CA", None)
    issuer = ca.make_ca("Stranger Issuing CA", root)
    return ca.chain(ca.leaf(host, issuer=issuer), issuer)


def unknown_ca_sent(ca, host):
    """As unknown_ca, with the stranger's root in the chain."""
    root = ca.make_ca("Stranger Root CA", None)
    return ca.chain(ca.leaf(host, issuer=root), root)


def missing_intermediate(ca, host):
    leaf = ca.leaf(host)
    return Chain(leaf.key, [leaf.certificate])


def with_root(ca, host):
    return ca.chain(ca.leaf(host), ca.issuer, ca.root)


def wrong_host(ca, host):
    return ca.chain(ca.leaf(host, sans=["elsewhere.test"]))


def cn_only(ca, host):
    return ca.chain(ca.leaf(host, sans=[]))


def wildcard(ca, host):
    return ca.chain(ca.leaf(host, sans=["*." + host.split(".", 1)[1]]))


def partial_wildcard(ca, host):
    """m*.example.test: RFC 9525 6.3 allows the asterisk only as the whole label."""
    first, rest = host.split(".", 1)
    return ca.chain(ca.leaf(host, sans=[first[0] + "*." + rest]))


def weak_key(ca, host):
    return ca.chain(ca.leaf(host, key=new_key(1024)))


def sha1(ca, host):
    return ca.chain(ca.leaf(host, digest=hashes.SHA1()))


def broken_signature(ca, host):
    """One bit of the signature is turned over, in the last byte of the certificate."""
    leaf = ca.leaf(host)
    der = bytearray(leaf.certificate.public_bytes(DER))
    der[-1] ^= 1
    return ca.chain(Pair(x509.load_der_x509_certificate(bytes(der)), leaf.key))


def revoked(ca, host):
    leaf = ca.leaf(host)
    ca.revoked.append(leaf.certificate.serial_number)
    return ca.chain(leaf)


def client_purpose(ca, host):
    return ca.chain(ca.leaf(host, purpose=ExtendedKeyUsageOID.CLIENT_AUTH))


def unknown_critical(ca, host):
    extension = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    return ca.chain(ca.leaf(host, more=[(extension, True)]))


def must_staple(ca, host):
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    return ca.chain(ca.leaf(host, more=[(feature, False)]))


def name_constraints(ca, host):
    permitted = x509.NameConstraints([x509.DNSName("elsewhere.test")], None)
    issuer = ca.make_ca("Constrained CA", ca.root, more=[(permitted, True)])
    return ca.chain(ca.leaf(host, issuer=issuer), issuer)


def path_length(ca, host):
    last = ca.make_ca("Last CA", ca.root, path_length=0)
    beyond = ca.make_ca("CA Beyond The Last", last)
    return ca.chain(ca.leaf(host, issuer=beyond), beyond, last)


def not_a_ca(ca, host):
    issuer = ca.make_ca("No CA At All", ca.root, is_ca=False)
    return ca.chain(ca.leaf(host, issuer=issuer), issuer)


def expired_intermediate(ca, host):
    issuer = ca.make_ca("Expired CA", ca.root, days=(-400, -5))
    return ca.chain(ca.leaf(host, issuer=issuer), issuer)


def extra_expired(ca, host):
    """A sound chain, and behind it the old certificate of the root, as after a cross-signing."""
    old = ca.make_ca("Bygone Root CA", None, days=(-4000, -60))
    cross = ca.make_ca("Lab Root CA", old, days=(-3000, -60), key=ca.root.key)
    return ca.chain(ca.leaf(host), ca.issuer, cross)


PROFILES = {function.__name__.replace("_", "-"): function for function in (
    good, good_rsa, expired_rsa, self_signed, self_signed_expired, expired, expired_wrong_host, not_valid_yet,
    expires_soon, unknown_ca, unknown_ca_sent, missing_intermediate, with_root, wrong_host,
    cn_only, wildcard, partial_wildcard, weak_key, sha1, broken_signature, client_purpose,
    unknown_critical, must_staple, revoked, name_constraints, path_length, not_a_ca,
    expired_intermediate, extra_expired)}


def staple(ca, chain, revoked):
    """An OCSP response (DER) for the leaf of `chain`, signed by the issuing CA."""
    status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=chain.certificates[0], issuer=ca.issuer.certificate, algorithm=hashes.SHA1(),
        cert_status=status, this_update=ca.now - DAY, next_update=ca.now + 6 * DAY,
        revocation_time=ca.now - 2 * DAY if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, ca.issuer.certificate)
    return builder.sign(ca.issuer.key, hashes.SHA256()).public_bytes(DER)
