# SPDX-License-Identifier: MIT
"""PNG files (ISO/IEC 15948) of 8 bits for red, green and blue, read by nobody
else's code: what was written is judged, not what a library makes of it."""
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunks(data):
    at = len(SIGNATURE)
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        (crc,) = struct.unpack_from(">I", data, at + 8 + size)
        assert crc == zlib.crc32(kind + body), kind
        yield kind, body
        at += 12 + size


def _paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def _unfilter(kind, row, before):
    """A row in place (9.2); 3 bytes a dot."""
    if kind == 2:
        for i, up in enumerate(before):
            row[i] = row[i] + up & 0xff
    elif kind:
        for i, up in enumerate(before):
            left = row[i - 3] if i >= 3 else 0
            corner = before[i - 3] if i >= 3 else 0
            guess = {1: left, 3: (left + up) // 2,
                     4: _paeth(left, up, corner)}[kind]
            row[i] = row[i] + guess & 0xff


class Picture:
    def __init__(self, data):
        assert data.startswith(SIGNATURE), data[:8]
        chunks = list(_chunks(data))
        assert [chunks[0][0], chunks[-1][0]] == [b"IHDR", b"IEND"], chunks
        self.columns, self.lines, *form = struct.unpack(">IIBBBBB",
                                                        chunks[0][1])
        assert form == [8, 2, 0, 0, 0], form
        raw = zlib.decompress(b"".join(body for kind, body in chunks
                                       if kind == b"IDAT"))
        pitch = 3 * self.columns
        assert len(raw) == self.lines * (pitch + 1), len(raw)
        self.rows = []
        before = bytes(pitch)
        for at in range(0, len(raw), pitch + 1):
            row = bytearray(raw[at + 1:at + 1 + pitch])
            _unfilter(raw[at], row, before)
            self.rows.append(row)
            before = row

    @property
    def size(self):
        return self.columns, self.lines

    def dot(self, x, y):
        """0xRRGGBB"""
        return int.from_bytes(self.rows[y][3 * x:3 * x + 3], "big")
