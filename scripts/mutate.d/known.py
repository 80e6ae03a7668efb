# SPDX-License-Identifier: MIT
"""The list of equivalent mutants: tests/equivalent-mutants.txt.

    FILE
    - LINE
    + LINE AS IT WOULD BE
      why nobody could tell

Lines have single blanks, and are those of the whole change where that has more
than one. An entry stands for all such places of the file.
"""


def read(path):
    """(file, old line, new line): reason."""
    entries = {}
    with open(path, encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = [line for line in block.splitlines()
                     if line and not line.startswith("#")]
            if not lines:
                continue
            if (len(lines) < 4 or not lines[1].startswith("- ") or
                    not lines[2].startswith("+ ")):
                raise ValueError(f"{path}: not an entry: {lines}")
            reason = " ".join(line.strip() for line in lines[3:])
            entries[lines[0], lines[1][2:], lines[2][2:].rstrip()] = reason
    return entries
