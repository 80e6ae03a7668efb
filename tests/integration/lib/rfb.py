# SPDX-License-Identifier: MIT
"""The least of a VNC client (RFC 6143): raw dots of 32 bits, and keys."""
import struct

DESKTOP_SIZE = -223
SHIFT, RETURN, ESCAPE = 0xffe1, 0xff0d, 0xff1b


class Vnc:
    """A connected socket becomes a client. `size` is the screen's."""

    def __init__(self, peer, resizes=True):
        self.peer = peer
        self.dots = {}
        version = self._take(12)
        assert version == b"RFB 003.008\n", version
        peer.sendall(version)
        (count,) = self._take(1)
        assert 1 in self._take(count)  # no authentication
        peer.sendall(b"\1")
        assert self._take(4) == bytes(4)
        peer.sendall(b"\1")  # shared
        self.size = struct.unpack(">HH", self._take(4))
        self._take(16)
        (length,) = struct.unpack(">I", self._take(4))
        self.name = self._take(length)
        # 32 bits, little endian, 0x00RRGGBB.
        peer.sendall(struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255,
                                 255, 255, 16, 8, 0))
        encodings = [0] + [DESKTOP_SIZE] * resizes
        peer.sendall(struct.pack(f">BxH{len(encodings)}i", 2, len(encodings),
                                 *encodings))
        self._clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.close()

    def _take(self, n):
        data = b""
        while len(data) < n:
            part = self.peer.recv(n - len(data))
            if not part:
                raise EOFError("the server has closed")
            data += part
        return data

    def _clear(self):
        self.rows = [bytearray(4 * self.size[0]) for _ in range(self.size[1])]

    def _take_rectangle(self):
        x, y, w, h, encoding = struct.unpack(">HHHHi", self._take(12))
        if encoding == DESKTOP_SIZE:
            self.size = (w, h)
            self._clear()
            return
        assert encoding == 0, encoding
        assert x + w <= self.size[0] and y + h <= self.size[1], (x, y, w, h)
        for row in range(y, y + h):
            self.rows[row][4 * x:4 * (x + w)] = self._take(4 * w)

    def update(self, incremental=True):
        """Asks for what is new, and waits for it."""
        self.peer.sendall(struct.pack(">BBHHHH", 3, incremental, 0, 0,
                                      *self.size))
        kind, count = struct.unpack(">BxH", self._take(4))
        assert kind == 0, kind
        for _ in range(count):
            self._take_rectangle()

    def until(self, truth):
        """Updates until it is so; the watchdog ends what never is."""
        while not truth():
            self.update()

    def dot(self, x, y):
        """0xRRGGBB"""
        return int.from_bytes(self.rows[y][4 * x:4 * x + 3], "little")

    def key(self, keysym, down):
        self.peer.sendall(struct.pack(">BBxxI", 4, down, keysym))

    def type(self, *keysyms):
        for keysym in keysyms:
            self.key(keysym, True)
            self.key(keysym, False)
