"""What no real name server does: one kind of answer an address, for faultd.py."""
import asyncio

NOERROR, SERVFAIL, REFUSED = 0, 2, 5
QR, TC, RD, RA = 0x8000, 0x0200, 0x0100, 0x0080
CNAME, OPT, CLASS_IN = 5, 41, 1
EDE_OPTION, EDE_NETWORK_ERROR = 15, 23
POINTER_TO_QUESTION = b"\xc0\x0c"
# What a terminal obeys, a line break, C1 in UTF-8, and a direction override.
CONTROL_TEXT = b"\x1b[31m\x1b]0;owned\x07 red\r\nMXPROBE OK\x00 \xc2\x9b2J \xe2\x80\xae dlo \xff"


def u16(number):
    return number.to_bytes(2, "big")


class Question:
    """The head and the question of what was asked; there is no compression in it."""

    def __init__(self, data):
        self.id, self.flags = data[:2], int.from_bytes(data[2:4], "big")
        self.end = data.index(b"\0", 12) + 5
        self.section = data[12:self.end]

    def reply(self, rcode=NOERROR, flags=0, records=(0, 0, 0), body=b""):
        """Its answer: so many records in the sections behind the question, and their bytes."""
        head = u16(QR | RA | self.flags & RD | flags | rcode) + b"\0\1"
        return self.id + head + b"".join(map(u16, records)) + self.section + body


def refuse(question):
    return question.reply(REFUSED)


def wrong_id(question):
    """No records, by an answer that is somebody else's."""
    reply = question.reply()
    return bytes(byte ^ 0xff for byte in reply[:2]) + reply[2:]


def other_question(question):
    """No records, of another name: the first letter of the first label is turned over."""
    reply = bytearray(question.reply())
    reply[13] ^= 1
    return bytes(reply)


def truncate(question):
    """Everything is too long for UDP, and on TCP nobody listens."""
    return question.reply(flags=TC)


def loop(question):
    """Every name is an alias of itself."""
    record = (POINTER_TO_QUESTION + u16(CNAME) + u16(CLASS_IN) + b"\0\0\0\x3c"
              + u16(len(POINTER_TO_QUESTION)) + POINTER_TO_QUESTION)
    return question.reply(records=(1, 0, 0), body=record)


def garble(question):
    """Very many records are promised; what comes is a name that points at itself."""
    at = len(question.section) + 12
    return question.reply(records=(65535, 65535, 65535), body=u16(0xc000 | at))


def explain(question):
    """SERVFAIL, with an Extended DNS Error (RFC 8914) whose text is for a terminal."""
    option = u16(EDE_NETWORK_ERROR) + CONTROL_TEXT
    options = u16(EDE_OPTION) + u16(len(option)) + option
    record = b"\0" + u16(OPT) + u16(1232) + b"\0\0\0\0" + u16(len(options)) + options
    return question.reply(SERVFAIL, records=(0, 0, 1), body=record)


KINDS = {
    "silent": lambda question: None,
    "refusing": refuse,
    "wrong-id": wrong_id,
    "other-question": other_question,
    "truncating": truncate,
    "looping": loop,
    "garbled": garble,
    "explaining": explain,
}


class Resolver(asyncio.DatagramProtocol):
    """Answers every question in its own way, or not at all."""

    def __init__(self, kind):
        self.answer = KINDS[kind]
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if len(data) > 16 and (reply := self.answer(Question(data))) is not None:
            self.transport.sendto(reply, addr)
