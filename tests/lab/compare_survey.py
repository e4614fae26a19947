#!/usr/bin/python3
"""Compares what --tls-survey tells of the lab's mail servers with sslscan and testssl.sh.

    lab run -q -- compare_survey.py [--all] [HOST…]

Of servers that are set up alike one is asked by sslscan, and a few by testssl.sh, which takes its
time; with --all every Postfix and Exim of the table, and one of each kind. Versions, the preferred
suite and its group under each, and weak classes are held against each other, OpenSSL's names
against those that testssl.sh has. Where an oracle is known to do otherwise, KNOWN says why; an
entry without a difference fails too.

Both oracles stand on Debian's OpenSSL, which has no SSLv3, RC4, DES, 3DES and EXPORT: for these
they have ClientHellos of their own, as the survey has.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from labkit import program, table  # noqa: E402

SCHEMA = HERE.parent.parent / "docs" / "result.schema.json"
MAPPING = Path("/etc/testssl/cipher-mapping.txt")
SSLSCAN = ["sslscan", "--no-colour", "--starttls-smtp", "--no-heartbleed", "--no-fallback",
           "--no-renegotiation", "--no-compression", "--no-groups", "--no-check-certificate"]
TESTSSL = ["testssl", "--quiet", "--warnings", "off", "--color", "0", "--openssl-timeout", "10",
           "--starttls", "smtp", "--ip", "one", "-p", "-s"]
TESTSSL_VERSIONS = {"SSLv3": "SSLv3", "TLS1": "TLSv1", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2",
                    "TLS1_3": "TLSv1.3"}
CLASSES = {"anonymous": "_anon_", "null": "_NULL_", "export": "_EXPORT", "rc4": "_RC4_",
           "des": "DES"}  # by the registry's name
GROUPS = {"25519": "x25519", "P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1",
          "448": "x448"}  # sslscan's names

# Servers of each kind of trouble, and a sound one, for testssl.sh.
FEW = ("mx.rc4.test", "mx.tripledes.test", "mx.tls10.test", "mx.null.test", "mx.own-order.test",
       "mx.tls13.test")

# HOST: {what: why}, where an oracle is not followed.
OFFERS_NONE = ("testssl.sh asks for TLS 1.0 and 1.1 without offering anonymous or NULL suites "
               "(TLS_CIPHER in its tls_data.txt); sslscan agrees with mxprobe")
TOO_LONG = "sslscan ends at a certificate of 1 MB, of which OpenSSL's clients read 100 KiB"
KNOWN = {
    "mx.megabyte-certificate.test": {
        "sslscan anonymous": TOO_LONG, "sslscan anonymous ADH-AES256-GCM-SHA384": TOO_LONG},
    "mx.anonymous.test": {"testssl TLSv1": OFFERS_NONE, "testssl TLSv1.1": OFFERS_NONE},
    "mx.null.test": {"testssl TLSv1": OFFERS_NONE, "testssl TLSv1.1": OFFERS_NONE},
}


def suites():
    """By number: (OpenSSL's name, the registry's), as testssl.sh has them."""
    found = {}
    for line in MAPPING.read_text().splitlines():
        parts = line.split()
        if parts and re.fullmatch("0x..,0x..", parts[0]):
            high, low = (int(byte, 16) for byte in parts[0].split(","))
            found[high << 8 | low] = (parts[2], parts[3])
    return found


def openssl_order():
    """Numbers of the suites of this machine's OpenSSL, as its client would order them."""
    out = subprocess.run(["openssl", "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"],
                         capture_output=True, text=True, check=True).stdout
    return [int("".join(line.split()[0].replace("0x", "").split(",")), 16)
            for line in out.splitlines()]


def classes_of(registry_name):
    return {word for word, part in CLASSES.items() if part in registry_name}


# --- the oracles ----------------------------------------------------------------------------------

def sslscan(host):
    """(accepted versions, {version: [(number, is preferred, group)]})."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "result.xml"
        subprocess.run([*SSLSCAN, f"--xml={path}", f"{host}:25"], capture_output=True, timeout=200)
        root = xml.parse(path).getroot()
    versions, ciphers = set(), {}
    for protocol in root.iter("protocol"):
        if protocol.get("enabled") == "1":
            versions.add(openssl_version(protocol.get("type").upper() + "v"
                                         + protocol.get("version")))
    for cipher in root.iter("cipher"):
        entry = (int(cipher.get("id"), 16), cipher.get("status") == "preferred", group_of(cipher))
        ciphers.setdefault(openssl_version(cipher.get("sslversion")), []).append(entry)
    return versions, ciphers


def openssl_version(name):
    return {"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLSv1.0": "TLSv1"}.get(name, name)


def group_of(cipher):
    """As the survey writes it; None where sslscan does not tell."""
    if cipher.get("curve"):
        return GROUPS.get(cipher.get("curve"), cipher.get("curve"))
    return f"dh {cipher.get('dhebits')}" if cipher.get("dhebits") else None


def testssl(host):
    """{id: finding}."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "result.json"
        subprocess.run([*TESTSSL, "--jsonfile", str(path), f"{host}:25"], capture_output=True,
                       stdin=subprocess.DEVNULL, timeout=280)
        return {entry["id"]: entry["finding"] for entry in json.loads(path.read_text())}


# --- the comparison -------------------------------------------------------------------------------

def differences_of_sslscan(survey, found, names, order):
    """(what, ours, theirs), of everything compared."""
    versions, ciphers = found
    for told in survey["versions"]:
        version = told["protocol"]
        accepted = told["status"] == "accepted"
        yield f"sslscan {version}", accepted, version in versions
        if accepted and ciphers.get(version):
            yield from choices(survey, told, ciphers[version], names, order)
    taken = set().union(*(classes_of(names[number][1])
                          for entries in ciphers.values() for number, _, _ in entries))
    for told in survey["weak"]:
        yield f"sslscan {told['class']}", told["status"] == "accepted", told["class"] in taken
        if told["status"] == "accepted":
            yield (f"sslscan {told['class']} {told['cipher']}", True,
                   told["cipher"] in {names[number][0] for entries in ciphers.values()
                                      for number, _, _ in entries})


def choices(survey, told, entries, names, order):
    """The preferred suite: the server's own, or what it gives to a client with OpenSSL's order."""
    version = told["protocol"]
    numbers = [number for number, _, _ in entries]
    listed = sorted((n for n in numbers if n in order),
                    key=lambda n: (bool(classes_of(names[n][1])), order.index(n)))
    if survey["server_order"] and version != "TLSv1.3":
        preferred = names[next(number for number, first, _ in entries if first)][0]
        yield f"sslscan {version} preferred", told["cipher"], preferred
    elif listed and version != "TLSv1.3":
        yield f"sslscan {version} preferred", told["cipher"], names[listed[0]][0]
    else:  # OpenSSL has none of them, or sslscan offers them in another order
        yield (f"sslscan {version} takes {told['cipher']}", True,
               told["cipher"] in {names[number][0] for number in numbers})
    for number, _, group in entries:
        if names[number][0] == told["cipher"] and group:
            yield f"sslscan {version} group", re.sub("^ffdhe", "dh ", told["group"] or ""), group


def differences_of_testssl(survey, found):
    for key, version in TESTSSL_VERSIONS.items():
        told = next(v for v in survey["versions"] if v["protocol"] == version)
        yield (f"testssl {version}", told["status"] == "accepted",
               found[key].startswith("offered"))
    weak = {w["class"]: w["status"] == "accepted" for w in survey["weak"]}
    lists = {name: found[f"cipherlist_{name}"].startswith("offered")
             for name in ("NULL", "aNULL", "EXPORT", "LOW", "3DES_IDEA")}
    yield "testssl NULL", weak["null"], lists["NULL"]
    yield "testssl anonymous", weak["anonymous"], lists["aNULL"]
    yield "testssl EXPORT", weak["export"], lists["EXPORT"]
    yield "testssl RC4, DES, 3DES", weak["rc4"] or weak["des"], lists["LOW"] or lists["3DES_IDEA"]


def judge(host, compared):
    """Lines about differences, less the known, and about known ones that are none."""
    asked = {what for what, _, _ in compared}
    known = {what: why for what, why in KNOWN.get(host, {}).items() if what in asked}
    for what, ours, theirs in compared:
        if ours != theirs and not known.pop(what, None):
            yield f"{host} {what}: mxprobe {ours}, the oracle {theirs}"
    for what, why in known.items():
        yield f"{host} {what}: listed as a difference ({why}), and there is none"


# --- which servers --------------------------------------------------------------------------------

def setup_of(host):
    """Whatever makes a difference to the versions and suites of a server."""
    key = "rsa" if "rsa" in host.certificate else "ec"
    options = {name: str(value) for name, value in host.options.items()
               if name in ("preset", "ciphers") or "tls" in name}
    return host.server, key, json.dumps(options, sort_keys=True)


def candidates(every):
    """{host: its domain}: the hosts of domains that have but one, of each kind or all."""
    loaded = table.load()
    found, seen = {}, set()
    for domain in program.present(loaded):
        names = domain.hosts()
        host = loaded.hosts.get(names[0]) if len(names) == 1 else None
        if (not host or host.server not in ("postfix", "exim") or host.cname or domain.options
                or not host.addresses or domain.verdict == "unknown" or host.name in found):
            continue
        if every or setup_of(host) not in seen:
            seen.add(setup_of(host))
            found[host.name] = domain.name
    return found


def surveys(domains):
    """{domain: survey}, of those whose host accepts STARTTLS at all."""
    objects, _, err = program.results(domains, ["--tls-survey", "--deadline", "170"])
    if len(objects) != len(domains):
        sys.exit(f"{len(objects)} answers for {len(domains)} domains\n{err[-2000:]}")
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for result in objects.values():
        validator.validate(result)
    return {name: endpoint["survey"] for name, result in objects.items()
            for host in result["hosts"] for endpoint in host["endpoints"]
            if endpoint["starttls"] == "accepted"}


def main(argv):
    program.need_lab()
    for oracle in (SSLSCAN[0], TESTSSL[0]):
        if not shutil.which(oracle):
            print(oracle, "is not installed")
            return 77
    every = "--all" in argv
    names = [name for name in argv if not name.startswith("--")]
    hosts = {host: domain for host, domain in candidates(every or names).items()
             if not names or host in names}
    told = surveys(list(hosts.values()))
    lines = [f"{host}: no survey" for host, domain in hosts.items() if not told.get(domain, True)]
    hosts = {host: domain for host, domain in hosts.items() if told.get(domain)}
    by_number, order = suites(), openssl_order()
    slow = hosts.keys() & (candidates(False).keys() if every else names or FEW)
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        scanned = dict(zip(hosts, pool.map(sslscan, hosts)))
        tested = dict(zip(slow, pool.map(testssl, slow)))
    count = 0
    for host, domain in hosts.items():
        compared = list(differences_of_sslscan(told[domain], scanned[host], by_number, order))
        if host in tested:
            compared += differences_of_testssl(told[domain], tested[host])
        count += len(compared)
        lines += judge(host, compared)
    print(*lines, f"{len(hosts)} servers, {len(tested)} with testssl.sh, {count} comparisons, "
          f"{len(lines)} differences", sep="\n")
    return 1 if lines or not hosts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
