# SPDX-License-Identifier: MIT
"""A proxy that keeps packets from the stub, and answers that there are none
such: for clients that cannot be told not to send them."""
import re
import socket
import tempfile
import threading

PACKET = re.compile(rb"\$([^#]*)#[0-9a-f]{2}")
UNSUPPORTED = b"$#00"


class Without:
    """Between a client and a stub, without acknowledgements. `path` is a unix
    socket, for one client."""

    def __init__(self, stub, prefixes):
        self.stub = stub
        self.prefixes = prefixes
        self.folder = tempfile.TemporaryDirectory(prefix="kvmgdb-")
        self.path = f"{self.folder.name}/proxy.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        client, _ = self.listener.accept()
        server = self.stub.connect()
        server.settimeout(None)
        threading.Thread(target=self._answers, args=(server, client),
                         daemon=True).start()
        rest = b""
        while more := client.recv(1 << 16):
            rest = self._forward(rest + more, client, server)
        server.close()

    def _forward(self, data, client, server):
        """Returns what is no whole packet yet."""
        at = 0
        for match in PACKET.finditer(data):
            server.sendall(data[at:match.start()])
            if match[1].startswith(self.prefixes):
                client.sendall(UNSUPPORTED)
            else:
                server.sendall(match[0])
            at = match.end()
        rest = data[at:]
        if b"$" in rest:
            return rest
        server.sendall(rest)
        return b""

    @staticmethod
    def _answers(server, client):
        try:
            while more := server.recv(1 << 16):
                client.sendall(more)
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # one of them has hung up
