"""The mail servers: one Postfix master with a listener a host, and one Exim for GnuTLS."""
import os
import subprocess
import time

from .table import second_name

MAIN = """compatibility_level = 3.6
queue_directory = {dir}/postfix/spool
data_directory = {dir}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = lab.test
mydestination =
notify_classes =
mynetworks = 0.0.0.0/0, [::]/0
inet_interfaces = all
inet_protocols = all
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_client_connection_count_limit = 0
default_process_limit = 300
maillog_file = {dir}/log/maillog
maillog_file_prefixes = {dir}
smtp_tls_CAfile = {dir}/pki/ca.pem
tls_random_source = dev:/dev/urandom
"""

MASTER = """postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
"""

# Parameters that several hosts of the table use, under one short word.
PRESETS = {
    "tls10": {"smtpd_tls_protocols": "TLSv1", "tls_medium_cipherlist": "ALL:@SECLEVEL=0"},
    "tls11": {"smtpd_tls_protocols": "TLSv1.1", "tls_medium_cipherlist": "ALL:@SECLEVEL=0"},
    "anonymous": {"smtpd_tls_protocols": "<=TLSv1.2",
                  "tls_medium_cipherlist": "aNULL:@SECLEVEL=0"},
    "small-dh": {"smtpd_tls_protocols": "<=TLSv1.2", "smtpd_tls_dh1024_param_file": "DIR/dh1024",
                 "tls_medium_cipherlist": "kDHE:@SECLEVEL=0"},
    "camellia": {"smtpd_tls_protocols": "<=TLSv1.2", "tls_medium_cipherlist": "CAMELLIA"},
    "null": {"smtpd_tls_protocols": "<=TLSv1.2", "tls_medium_cipherlist": "eNULL:@SECLEVEL=0"},
    "own-order": {"smtpd_tls_protocols": "TLSv1.2", "tls_preempt_cipherlist": "yes",
                  "tls_medium_cipherlist": "AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
                                           "ECDHE-RSA-AES128-GCM-SHA256"},
    "helo-only": {"smtpd_command_filter": "regexp:DIR/helo-only"},
}

# A Diffie-Hellman group that is too small on purpose.
DH1024 = """-----BEGIN DH PARAMETERS-----
MIGHAoGBAJztqCgYB6eejh5q9M+wsbPfNpVpKahz0H94Gadsl73/rJyWCDngkAT9
5NT20PYorb09MBuSMSOplw52BUscgdw0FmbA+6lxqh3RMitHsO/XOmq0TKdMlWm+
A1H/EHCh8coaFAdAYo+jJ2uu8QhevbJEdg9eZOeJvwjK4ZyiF2NnAgEC
-----END DH PARAMETERS-----
"""


def configure_postfix(table, directory):
    """Writes /etc/postfix as it is to be bound; returns [(name, argv)]."""
    home = directory / "postfix"
    for path in ("etc", "data", "spool/pid", "spool/private", "spool/public"):
        (home / path).mkdir(parents=True)
    lines = [MASTER]
    for host in table.hosts.values():
        if host.server == "postfix":
            lines += listener_lines(host, directory)
    (home / "helo-only").write_text("/^EHLO.*/ X-REFUSED\n")
    (home / "dh1024").write_text(DH1024)
    (home / "etc/main.cf").write_text(MAIN.format(dir=directory))
    (home / "etc/master.cf").write_text("".join(lines))
    # master waits until main.cf is a little old, lest it be read half-written.
    hour_ago = time.time() - 3600
    os.utime(home / "etc/main.cf", (hour_ago, hour_ago))
    own_postfix(home)
    return [("postfix", ["/usr/lib/postfix/sbin/master", "-d", "-c", "/etc/postfix"])]


def own_postfix(home):
    subprocess.run(["chown", "-R", "postfix:root", home / "data", home / "spool/private"],
                   check=True)
    subprocess.run(["chown", "postfix:postdrop", home / "spool/public"], check=True)
    (home / "spool/private").chmod(0o700)
    (home / "spool/public").chmod(0o710)


def listener_lines(host, directory):
    options = {"myhostname": host.name}
    if host.certificate != "none":
        pki = f"{directory}/pki/{host.name}"
        options["smtpd_tls_chain_files"] = f"{pki}.key,{pki}.crt"
    if host.second:
        second = f"{directory}/pki/{second_name(host)}"
        options["smtpd_tls_chain_files"] += f",{second}.key,{second}.crt"
    for key, value in host.options.items():
        options.update(PRESETS[value] if key == "preset" else {key: value})
    extra = "".join(f"  -o {{ {key} = {value} }}\n" for key, value in options.items())
    extra = extra.replace("DIR/", f"{directory}/postfix/")
    for address in host.addresses:
        where = f"[{address}]" if ":" in address else address
        yield f"{where}:25 inet n - n - - smtpd\n{extra}"


EXIM = """exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {dir}/exim/spool
log_file_path = {dir}/log/exim-%s
primary_hostname = lab.test
local_interfaces = {addresses}
daemon_smtp_ports = 25
smtp_accept_max = 0
tls_advertise_hosts = *
host_lookup =
rfc1413_hosts =
smtp_banner = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/names}}}} ESMTP
smtp_active_hostname = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/names}}}}
tls_certificate = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/certificates}}}}
tls_privatekey = {dir}/pki/${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/names}}}}.key
tls_require_ciphers = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/ciphers}}}}
tls_verify_hosts = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/verify}}}}
tls_verify_certificates = {dir}/pki/ca.pem
tls_ocsp_file = ${{lookup{{$received_ip_address}}lsearch{{{dir}/exim/staples}}}}
acl_smtp_rcpt = deny
begin acl
deny:
  deny
"""


def configure_exim(table, directory, exim):
    """Writes Exim's configuration and its maps by address; returns [(name, argv)]."""
    hosts = [host for host in table.hosts.values() if host.server == "exim"]
    if not hosts or not exim:
        return []
    home = directory / "exim"
    (home / "spool").mkdir(parents=True)
    maps = {"names": [], "ciphers": [], "certificates": [], "staples": [], "verify": []}
    for host in hosts:
        for address in host.addresses:
            maps["names"].append(f"{address}: {host.name}")
            maps["ciphers"].append(f"{address}: {host.options.get('ciphers', 'NORMAL')}")
            certificate = host.options.get("certificate", f"{directory}/pki/{host.name}.crt")
            maps["certificates"].append(f"{address}: {certificate}")
            if "verify" in host.options:
                maps["verify"].append(f"{address}: *")
            if host.staple:
                maps["staples"].append(f"{address}: {directory}/pki/{host.name}.ocsp")
    for name, lines in maps.items():
        (home / name).write_text("\n".join(lines) + "\n")
    addresses = " : ".join(a for host in hosts for a in host.addresses)
    conf = home / "exim.conf"
    conf.write_text(EXIM.format(dir=directory, addresses=addresses))
    subprocess.run(["chown", "-R", "Debian-exim:Debian-exim", home / "spool"], check=True)
    return [("exim", [str(exim), "-bdf", "-C", str(conf)])]
