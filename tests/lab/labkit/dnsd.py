"""The name servers: nsd with the zones, an unbound that validates and one that does not."""
from .table import AUTHORITATIVE
from .zones import file_of

RESOLVER, PLAIN = "127.0.0.53", "127.0.0.54"

NSD = """server:
  ip-address: {address}
  username: ""
  zonesdir: "{dir}/zones"
  database: ""
  zonelistfile: "{dir}/nsd.zones"
  xfrdfile: "{dir}/nsd.xfrd"
  pidfile: ""
  server-count: 1
  rrl-ratelimit: 0
  hide-version: yes
remote-control:
  control-enable: no
"""

UNBOUND = """server:
  interface: {address}
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  do-not-query-localhost: no
  local-zone: "test." nodefault
  root-hints: "{dir}/root.hints"
  module-config: "{modules}"
  {anchor}
  username: ""
  chroot: ""
  directory: "{dir}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-daemonize: no
  ede: yes
  val-log-level: 1
  trust-anchor-signaling: no
  infra-keep-probing: yes
  edns-buffer-size: 1232
remote-control:
  control-enable: no
"""


def configure(table, directory):
    """Writes the configurations; returns [(name, argv)]."""
    text = NSD.format(address=AUTHORITATIVE, dir=directory)
    for name in [".", "test"] + [zone.name for zone in table.zones if not zone.answers]:
        text += f'zone:\n  name: "{name}"\n  zonefile: "{file_of(name)}.zone"\n'
    (directory / "nsd.conf").write_text(text)
    (directory / "root.hints").write_text(f". 3600 NS ns.test.\nns.test. 3600 A {AUTHORITATIVE}\n")
    commands = [("nsd", ["nsd", "-d", "-c", f"{directory}/nsd.conf"])]
    anchor = f'trust-anchor-file: "{directory}/zones/trust-anchor.ds"'
    for name, address, modules, extra in (
            ("unbound", RESOLVER, "validator iterator", anchor),
            ("unbound-plain", PLAIN, "iterator", "")):
        path = directory / f"{name}.conf"
        path.write_text(UNBOUND.format(address=address, modules=modules, anchor=extra,
                                       dir=directory))
        commands.append((name, ["unbound", "-d", "-c", str(path)]))
    return commands
