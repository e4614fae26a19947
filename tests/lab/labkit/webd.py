"""nginx as the policy hosts: one virtual host a domain, told apart by SNI."""
import gzip

from .table import NGINX

HEAD = """daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  server_names_hash_bucket_size 256;
  server_names_hash_max_size 4096;
  client_body_temp_path {dir}/www/tmp-body;
  proxy_temp_path {dir}/www/tmp-proxy;
  fastcgi_temp_path {dir}/www/tmp-fastcgi;
  uwsgi_temp_path {dir}/www/tmp-uwsgi;
  scgi_temp_path {dir}/www/tmp-scgi;
  default_type text/plain;
  server {{
    listen {address}:443 ssl default_server;
    ssl_certificate {dir}/pki/{default}.crt;
    ssl_certificate_key {dir}/pki/{default}.key;
    return 404;
  }}
"""

SERVER = """  server {{
    listen {address}:443 ssl;
    server_name {host};
    ssl_certificate {dir}/pki/{host}.crt;
    ssl_certificate_key {dir}/pki/{host}.key;
    location = /.well-known/mta-sts.txt {{
      {location}
    }}
  }}
"""


def body_of(policy):
    """The policy file, as bytes."""
    if policy.body is not None:
        text = policy.body
    else:
        lines = ["version: STSv1", f"mode: {policy.mode}"]
        lines += [f"mx: {pattern}" for pattern in policy.mx]
        lines += [f"max_age: {policy.max_age}"]
        text = "\r\n".join(lines) + "\r\n"
    if policy.size:
        text += "padding: "
        text += "x" * (policy.size - len(text))
    return text.encode()


def location_of(policy, path):
    if policy.status == 301:
        return "return 301 https://elsewhere.test/mta-sts.txt;"
    if policy.status != 200:
        return f"return {policy.status};"
    lines = [f'default_type "{policy.content_type}";', f"alias {path};"]
    if policy.gzip:
        lines.append("add_header Content-Encoding gzip;")
    return " ".join(lines)


def configure(table, directory):
    """Writes the files and nginx.conf; returns [(name, argv)]."""
    www = directory / "www"
    www.mkdir()
    hosted = [d for d in table.domains if d.policy and d.policy.server == "nginx"]
    default = next(d for d in hosted if d.policy.certificate == "self-signed")
    text = HEAD.format(dir=directory, address=NGINX, default=f"mta-sts.{default.name}")
    for domain in hosted:
        host = f"mta-sts.{domain.name}"
        body = body_of(domain.policy)
        path = www / f"{host}.txt"
        path.write_bytes(gzip.compress(body) if domain.policy.gzip else body)
        text += SERVER.format(address=NGINX, host=host, dir=directory,
                              location=location_of(domain.policy, path))
    conf = directory / "nginx.conf"
    conf.write_text(text + "}\n")
    return [("nginx", ["nginx", "-c", str(conf), "-p", str(directory), "-e", "stderr"])]
