# SPDX-License-Identifier: MIT
"""An initramfs for Linux: a cpio archive of the "newc" kind (Linux,
Documentation/driver-api/early-userspace/buffer-format.rst)."""
import stat

FOLDER = stat.S_IFDIR | 0o755
FILE = stat.S_IFREG | 0o644
PROGRAM = stat.S_IFREG | 0o755
CHARACTERS = stat.S_IFCHR | 0o600


def padded(data):
    return data + b"\0" * (-len(data) % 4)


class Initramfs:
    def __init__(self):
        self.data = b""
        self.inode = 0

    def add(self, name, mode, data=b"", device=(0, 0)):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device,
                  len(name) + 1, 0)
        header = "070701" + "".join(f"{field:08x}" for field in fields)
        self.data += padded(f"{header}{name}\0".encode()) + padded(data)

    def end(self):
        """The whole archive."""
        self.add("TRAILER!!!", 0)
        return self.data


def busybox_initramfs(busybox, init, files=()):
    """The one program, the script that is /init, and {name: content}."""
    archive = Initramfs()
    for folder in ("bin", "dev", "mnt", "proc", "sys"):
        archive.add(folder, FOLDER)
    archive.add("dev/console", CHARACTERS, device=(5, 1))
    archive.add("bin/busybox", PROGRAM, busybox)
    archive.add("init", PROGRAM, init)
    for name, content in dict(files).items():
        archive.add(name, FILE, content)
    return archive.end()
