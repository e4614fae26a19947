"""TLSA records from the table's notation: "USAGE SELECTOR MATCHING OF-WHAT"."""
import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DIGESTS = {1: hashlib.sha256, 2: hashlib.sha512}


def record(text, chain, ca, second=None):
    """RDATA for "3 1 1 leaf". OF-WHAT: leaf, issuer or root (the lab's own); "second", the leaf of
    the other kind of key; "other", a digest that matches nothing; "short", half a digest."""
    usage, selector, matching, what = text.split()
    if what == "second":
        chain, what = second, "leaf"
    data = association(int(selector), int(matching), what, chain, ca)
    return f"{usage} {selector} {matching} {data}"


def association(selector, matching, what, chain, ca):
    digest = DIGESTS.get(matching)
    if what == "other":
        return digest(b"a key that was replaced").hexdigest()
    certificate = {"leaf": chain.certificates[0], "short": chain.certificates[0],
                   "issuer": ca.issuer.certificate, "root": ca.root.certificate}[what]
    data = certificate.public_bytes(Encoding.DER)
    if selector == 1:
        data = certificate.public_key().public_bytes(Encoding.DER,
                                                     PublicFormat.SubjectPublicKeyInfo)
    if digest:
        data = digest(data).digest()
    return data[:len(data) // 2].hex() if what == "short" else data.hex()
