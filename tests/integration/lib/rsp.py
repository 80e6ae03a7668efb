# SPDX-License-Identifier: MIT
"""The least of a GDB remote client: for what gdb itself would never send."""
import errno
import re
import select

FRAME = re.compile(rb"\$([^#]*)#([0-9a-f]{2})")


def checksum(payload):
    return b"%02x" % (sum(payload) & 0xFF)


def frame(payload):
    """The packet of a payload, which is bytes and escaped already."""
    return b"$" + payload + b"#" + checksum(payload)


def expand(payload):
    """Undoes run-length coding: "0* " is four zeros (GDB manual, Overview)."""
    return re.sub(rb"(.)\*(.)", lambda m: m[1] * (1 + m[2][0] - 29), payload,
                  flags=re.S)


class Client:
    """Speaks without acknowledgements, after the first packet."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""
        self.sock.sendall(frame(b"QStartNoAckMode"))
        if self.receive() != b"OK":
            raise RuntimeError("no QStartNoAckMode")
        self.sock.sendall(b"+")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def receive(self):
        """The next packet's payload, its checksum verified."""
        while True:
            match = FRAME.search(self.buffer)
            if match:
                self.buffer = self.buffer[match.end():]
                if checksum(match[1]) != match[2]:
                    raise RuntimeError(f"bad checksum: {match[0]!r}")
                return expand(match[1])
            more = self.sock.recv(1 << 16)
            if not more:
                raise EOFError("the stub hung up")
            self.buffer += more

    def ask(self, payload):
        self.sock.sendall(frame(payload))
        return self.receive()

    def monitor(self, line):
        """What a `monitor` command says."""
        reply = self.ask(b"qRcmd," + line.encode().hex().encode())
        said = ""
        while reply[:1] == b"O" and reply != b"OK":
            said += bytes.fromhex(reply[1:].decode()).decode()
            reply = self.receive()
        return said if reply == b"OK" else reply.decode()

    def memory(self, address, size):
        return bytes.fromhex(self.ask(b"m%x,%x" % (address, size)).decode())


def pour(sock, data):
    """Sends all of data whatever comes back, then ends the conversation.

    Returns what came back. A stub that answers must be read from, or it would
    rightly stop reading.
    """
    back = bytearray()
    view = memoryview(data)
    timeout = sock.gettimeout()
    sock.setblocking(False)
    open_for_writing = True
    while True:
        try:
            if open_for_writing and not view:
                sock.shutdown(1)  # SHUT_WR
                open_for_writing = False
            ready = select.select([sock], [sock] if view else [], [], timeout)
            if not any(ready):
                raise TimeoutError("the stub neither takes bytes nor hangs up")
            if ready[1]:
                view = view[sock.send(view):]
            if ready[0]:
                more = sock.recv(1 << 16)
                if not more:
                    return bytes(back)
                back += more
        except (BrokenPipeError, ConnectionResetError):
            return bytes(back)  # it hung up first, which is its right
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
            return bytes(back)  # the same, noticed later
