"""Small servers that a test starts itself, to see what the program does to them."""
import contextlib
import socket
import ssl
import threading
import time

from .invoke import pki

GONE = (OSError, ssl.SSLError, EOFError)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Listener:
    """A TCP listener for the length of a `with`. It remembers where connections came from."""

    def __init__(self, address, port):
        self.peers = []
        self.socket = socket.create_server((address, port), family=family_of(address))

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # A thread that waits in accept() keeps the port open unless it is woken.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, peer = self.socket.accept()
                self.peers.append(peer[0])
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(*GONE), connection:
            self.talk(connection)

    def talk(self, connection):
        """What is said to one connection; by default nothing."""


def server_context(name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki(name + ".crt"), pki(name + ".key"))
    return context


def read_line(connection):
    """A byte at a time, so that nothing of a handshake that follows is taken away."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            raise EOFError
        line += byte
    return line.decode("latin-1").rstrip("\r\n")


class MailServer(Listener):
    """An SMTP server with the certificate of a host of the lab; `heard` is what clients said."""

    def __init__(self, host, address, port=25, delay_s=0.0):
        super().__init__(address, port)
        self.host = host
        self.delay_s = delay_s
        self.heard = []

    def talk(self, connection):
        secure = False
        self.say(connection, f"220 {self.host} ESMTP")
        while True:
            line = read_line(connection)
            self.heard.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                last = "250 8BITMIME" if secure else "250 STARTTLS"
                self.say(connection, f"250-{self.host}", last)
            elif verb == "STARTTLS":
                self.say(connection, "220 2.0.0 Go ahead")
                connection = self.secure(connection)
                secure = True
            elif verb == "QUIT":
                self.say(connection, "221 2.0.0 Bye")
                return
            else:
                self.say(connection, "502 5.5.2 Not here")

    def secure(self, connection):
        """The connection with TLS over it."""
        return server_context(self.host).wrap_socket(connection, server_side=True)

    def say(self, connection, *lines):
        time.sleep(self.delay_s)
        connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def names(self):
        """The names that were given in EHLO."""
        return {line.split(" ", 1)[1] for line in self.heard if line.startswith("EHLO ")}


class PolicyServer(Listener):
    """An HTTPS server with the certificate of a policy host of the lab and a policy of its own."""

    def __init__(self, domain, address, port, policy):
        super().__init__(address, port)
        self.context = server_context("mta-sts." + domain)
        self.policy = policy.encode()
        self.requests = []

    def talk(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as stream:
            head = []
            while line := read_line(stream):
                head.append(line)
            self.requests.append(head)
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                           + str(len(self.policy)).encode()
                           + b"\r\nConnection: close\r\n\r\n" + self.policy)


class Relay:
    """A name server that passes questions on to one of the lab's; `asked` counts them."""

    def __init__(self, address, port, upstream):
        self.asked = 0
        self.upstream = upstream
        self.socket = socket.socket(family_of(address), socket.SOCK_DGRAM)
        self.socket.bind((address, port))

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                question, client = self.socket.recvfrom(4096)
                if not question:
                    return
                self.asked += 1
                threading.Thread(target=self.pass_on, args=(question, client), daemon=True).start()

    def pass_on(self, question, client):
        with contextlib.suppress(OSError), \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
            up.settimeout(5)
            up.sendto(question, (self.upstream, 53))
            self.socket.sendto(up.recv(4096), client)
