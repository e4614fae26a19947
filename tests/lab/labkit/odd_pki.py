"""Certificates and chains that are lawful and monstrous, or made to deceive who reads them."""
import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from .pki import Chain, new_key

MEGABYTE = 1 << 20
ESCAPES = "\x1b[2J\x1b]0;owned\x07"
OID_SAN = ObjectIdentifier("2.5.29.17")
OID_NOBODY_KNOWS = ObjectIdentifier("1.3.6.1.4.1.55555.2")
END_OF_TIME = datetime.datetime(9999, 12, 31, 23, 59, 59)


def der(tag, content):
    """One DER element of at most 64 KiB (X.690 8.1)."""
    length = len(content)
    head = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + head + content


def san(*names):
    """A subject alternative name of DNS names as they are, whatever bytes they hold."""
    content = b"".join(der(0x82, name.encode("latin-1")) for name in names)
    return x509.UnrecognizedExtension(OID_SAN, der(0x30, content))


def megabyte(ca, host):
    padding = x509.UnrecognizedExtension(OID_NOBODY_KNOWS, bytes(MEGABYTE))
    return ca.chain(ca.leaf(host, more=[(padding, False)]))


def long_chain(ca, host, length):
    """So many certificates, each signed by the next and the last by the root."""
    authorities = [ca.root]
    for number in range(length - 1):
        authorities.append(ca.make_ca(f"CA {number} in a row", authorities[-1]))
    return ca.chain(ca.leaf(host, issuer=authorities[-1]), *reversed(authorities[1:]))


def chain_100(ca, host):
    return long_chain(ca, host, 100)


def chain_200(ca, host):
    return long_chain(ca, host, 200)


def strangers(ca, host):
    others = [ca.make_ca(f"Stranger {number}", None) for number in range(98)]
    return ca.chain(ca.leaf(host), *others, ca.issuer)


def thousand_names(host):
    return [f"mx{number}.{host}" for number in range(1, 1000)]


def thousand_sans(ca, host):
    return ca.chain(ca.leaf(host, sans=thousand_names(host) + [host]))


def thousand_other_sans(ca, host):
    return ca.chain(ca.leaf(host, sans=thousand_names(host) + ["elsewhere.test"]))


def san_nul(ca, host):
    """What a reader of C strings takes for the host's name (CVE-2009-2408)."""
    return ca.chain(ca.leaf(host, sans=[], more=[(san(f"{host}\0.elsewhere.test"), False)]))


def escape_subject(ca, host):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ESCAPES + "mx"),
                         x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Owned\r\n" + ESCAPES)])
    return ca.chain(ca.leaf(host, subject=subject, sans=[],
                            more=[(san(host, ESCAPES + ".test"), False)]))


def year_9999(ca, host):
    return ca.chain(ca.leaf(host, days=(-30, (END_OF_TIME - ca.now) / datetime.timedelta(days=1))))


def empty_subject(ca, host):
    return ca.chain(ca.leaf(host, subject=x509.Name([]), sans=[], more=[(san(host), True)]))


def nameless(ca, host):
    key = new_key()
    return Chain(key, [ca.build(x509.Name([]), None, key, (-30, 60), [(san(host), True)])])


PROFILES = {function.__name__.replace("_", "-"): function for function in (
    megabyte, chain_100, chain_200, strangers, thousand_sans, thousand_other_sans, san_nul,
    escape_subject, year_9999, empty_subject, nameless)}
