#!/usr/bin/python3
"""The fault server: what no real server does, one script an address.

    faultd.py CONFIG.json

CONFIG is a list of listeners: address, port, script (a list of steps), and chain and key where a
real TLS session is wanted. A script is played to every connection, step by step:

    line TEXT        TEXT and CRLF; escapes as in Python (\\x1b, \\0, \\n)
    raw TEXT         TEXT without CRLF
    hex DIGITS       these bytes
    read             wait for one line
    hello            wait for one TLS record (the ClientHello)
    request          wait for an HTTP request's head
    tls              a real handshake, as the server
    staple           as tls, with an OCSP response
    tickets N        as tls, with N session tickets behind the handshake
    records V N      a handshake of TLS version V, of which only the first N records are sent
    delay MS         from here on, wait so long before every reply
    wait MS          wait once
    gate N           wait until so many sessions have come as far as this
    drip MS TEXT     one byte every MS
    flood N TEXT     TEXT again and again until N bytes are sent (0: until the peer goes)
    silence          say nothing until the peer goes
    close            close in order
    reset            close with a TCP reset
    greet            banner, and the answer to EHLO with STARTTLS in it
    starttls         greet, and 220 to STARTTLS
    serve            an ordinary server to the end, with real TLS behind STARTTLS
    stripped         as serve, where STARTTLS is not offered but works
    repeat           as serve, where STARTTLS is offered inside TLS again
    dialogue         as serve, where the banner was already sent

A listener with "backlog_full" never accepts and lets nobody in. A listener with "resolver" is a
name server on UDP alone, for resolvers and stub resolvers alike; faultdns.py lists its kinds.
"""
import asyncio
import contextlib
import json
import resource
import socket
import ssl
import struct
import sys

from faultdns import Resolver

CONTEXTS = {}
BACKLOG = 1024  # of a listener that a whole crowd comes to at once
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Done(Exception):
    """The script ends here."""


class Session:
    """One connection and the script that is played to it."""

    at_gate = 0  # sessions of this server that have come there
    gate = asyncio.Event()

    def __init__(self, listener, reader, writer):
        self.listener = listener
        self.reader = reader
        self.writer = writer
        self.delay = 0.0
        self.secure = False
        self.offers = (True, False)  # STARTTLS, before TLS and inside
        self.server = None           # openssl s_server, where it does the TLS
        self.pumps = []
        self.name = listener.get("name", "fault.test")

    async def play(self):
        for step in self.listener["script"]:
            verb, _, rest = step.partition(" ")
            await getattr(self, "do_" + verb)(rest)

    async def send(self, data):
        if self.delay:
            await asyncio.sleep(self.delay)
        self.writer.write(data)
        await self.writer.drain()

    async def line(self):
        data = await self.reader.readline()
        if not data:
            raise Done
        return data.decode("latin-1").strip()

    async def do_line(self, text):
        await self.send(unescape(text) + b"\r\n")

    async def do_raw(self, text):
        await self.send(unescape(text))

    async def do_hex(self, digits):
        await self.send(bytes.fromhex(digits))

    async def do_read(self, _):
        await self.line()

    async def do_hello(self, _):
        head = await self.reader.readexactly(5)
        await self.reader.readexactly(int.from_bytes(head[3:5], "big"))

    async def do_request(self, _):
        await self.reader.readuntil(b"\r\n\r\n")

    async def do_tls(self, _):
        await self.writer.start_tls(context(self.listener))
        self.secure = True

    async def do_tickets(self, count):
        await self.writer.start_tls(context(self.listener, tickets=int(count)))
        self.secure = True

    async def do_records(self, rest):
        version, _, count = rest.partition(" ")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = context(self.listener, version).wrap_bio(incoming, outgoing, server_side=True)
        left = int(count)
        while left:
            try:
                server.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:  # the alert is worth all of the records
                await self.send(outgoing.read())
                raise Done from None
            sent = first_records(outgoing.read(), left)
            left -= len(sent)
            await self.send(b"".join(sent))
            if left and not incoming.write(await self.reader.read(65536)):
                raise Done

    async def do_staple(self, _):
        # Python's ssl has no way to staple; openssl s_server does the TLS and speaks through pipes.
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.server = await asyncio.create_subprocess_exec(
            "openssl", "s_server", "-quiet", "-naccept", "1", "-accept", f"127.0.0.1:{port}",
            "-cert", self.listener["chain"], "-cert_chain", self.listener["chain"],
            "-key", self.listener["key"], "-status_file", self.listener["staple"],
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        reader, writer = await connect(port)
        self.pumps = [asyncio.create_task(pump(self.reader, writer)),
                      asyncio.create_task(pump(reader, self.writer))]
        self.reader, self.writer = self.server.stdout, self.server.stdin
        self.secure = True

    async def do_delay(self, ms):
        self.delay = int(ms) / 1000

    async def do_wait(self, ms):
        await asyncio.sleep(int(ms) / 1000)

    async def do_gate(self, count):
        Session.at_gate += 1
        if Session.at_gate >= int(count):
            Session.gate.set()
        await Session.gate.wait()

    async def do_drip(self, rest):
        ms, _, text = rest.partition(" ")
        for byte in unescape(text):
            await self.send(bytes([byte]))
            await asyncio.sleep(int(ms) / 1000)

    async def do_flood(self, rest):
        limit, _, text = rest.partition(" ")
        block = unescape(text) * (1 + 4096 // len(unescape(text)))
        sent = 0
        while not self.writer.is_closing() and (not int(limit) or sent < int(limit)):
            await self.send(block)
            await asyncio.sleep(0)  # the other sessions' turn
            sent += len(block)

    async def do_silence(self, _):
        while await self.reader.read(4096):
            pass

    async def do_close(self, _):
        raise Done

    async def do_reset(self, _):
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Done

    async def do_greet(self, _):
        await self.send(f"220 {self.name} ESMTP\r\n".encode())
        await self.line()
        await self.capabilities(True)

    async def do_starttls(self, _):
        await self.do_greet(_)
        await self.line()
        await self.send(b"220 2.0.0 Ready to start TLS\r\n")

    async def do_serve(self, _):
        await self.send(f"220 {self.name} ESMTP\r\n".encode())
        await self.do_dialogue(_)

    async def do_stripped(self, _):
        self.offers = (False, False)
        await self.do_serve(_)

    async def do_repeat(self, _):
        self.offers = (True, True)
        await self.do_serve(_)

    async def do_dialogue(self, _):
        while True:
            verb = (await self.line()).split(" ")[0].upper()
            if verb in ("EHLO", "HELO"):
                await self.capabilities(self.offers[self.secure])
            elif verb == "STARTTLS" and not self.secure:
                await self.send(b"220 2.0.0 Ready to start TLS\r\n")
                await self.do_tls("")
            elif verb == "QUIT":
                await self.send(b"221 2.0.0 Bye\r\n")
                return
            else:
                await self.send(b"502 5.5.2 Not here\r\n")

    async def capabilities(self, starttls):
        last = "STARTTLS" if starttls else "8BITMIME"
        await self.send(f"250-{self.name}\r\n250-SIZE 10240000\r\n250 {last}\r\n".encode())


def context(listener, version=None, tickets=None):
    """The listener's TLS, made once: to read a chain of two hundred takes its time."""
    key = (listener["chain"], version, tickets)
    if key not in CONTEXTS:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.set_ciphers("DEFAULT:@SECLEVEL=0")  # weak certificates are among them
        made.load_cert_chain(listener["chain"], listener["key"])
        if version:
            made.minimum_version = made.maximum_version = VERSIONS[version]
        if tickets is not None:
            made.num_tickets = tickets
        CONTEXTS[key] = made
    return CONTEXTS[key]


def first_records(flight, count):
    """The first `count` records of what a TLS server says, each with its head."""
    records = []
    while flight and len(records) < count:
        length = 5 + int.from_bytes(flight[3:5], "big")
        records.append(flight[:length])
        flight = flight[length:]
    return records


async def connect(port):
    """A connection to a server on this machine that is only just starting."""
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)


async def pump(reader, writer):
    """Carries bytes one way to the end."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


async def serve(listener, reader, writer):
    with contextlib.suppress(Done, OSError, EOFError, asyncio.LimitOverrunError, ValueError):
        await Session(listener, reader, writer).play()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


def fill_backlog(listener):
    """A socket whose queue is full: further SYNs are dropped, as behind a silent firewall."""
    server = socket.create_server((listener["address"], listener["port"]), backlog=0)
    clients = []
    for _ in range(4):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((listener["address"], listener["port"]))
        clients.append(client)
    return [server] + clients


async def main(path):
    with open(path, encoding="utf-8") as file:
        listeners = json.load(file)
    keep = []
    loop = asyncio.get_running_loop()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))  # a socket a session
    for listener in listeners:
        where = (listener["address"], listener["port"])
        if listener.get("resolver"):
            kind = listener["resolver"]
            keep.append(await loop.create_datagram_endpoint(lambda k=kind: Resolver(k),
                                                            local_addr=where))
        elif listener.get("backlog_full"):
            keep += fill_backlog(listener)
        else:
            keep.append(await asyncio.start_server(
                lambda r, w, l=listener: serve(l, r, w), *where, backlog=BACKLOG))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
