#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up what ctest found on each host.

    results.py FOLDER HOST...

Reads FOLDER/HOST.xml, the JUnit file of ctest. A test may skip what its host
lacks, if it says so ("SKIP: needs ..."): such holes are listed, and any other
skip is a failure. So is a host without results, or without tests. The exit
status is 1 if a test failed, 4 if just a host broke down.
"""
import os
import re
import sys
import xml.etree.ElementTree as ET

# By its exit status (77), or by a pattern: the test itself ran, and skipped.
SKIPPED_ITSELF = re.compile(r"SKIP_(RETURN_CODE|REGULAR_EXPRESSION)")
REASON = re.compile(r"^\W*SKIP\w*\W+(.*\S)", re.MULTILINE | re.IGNORECASE)
GOOD_REASON = re.compile(r"needs\b")
# A line of ctest, "Test #7: NAME ...***Failed"; a skip looks alike.
FAILED_ONCE = re.compile(r"Test +#\d+: (\S+) [ .]*\*\*\*(?!Skipped)(\w+)")
NO_RESULTS = "(no results)"
BROKEN = 4


class Host:
    """The outcomes of one host: names of tests, and why where it matters."""

    def __init__(self, name):
        self.name = name
        self.passed, self.failed, self.skipped = [], {}, {}

    def add(self, case):
        name, status = case.get("name"), case.get("status")
        if status == "run":
            self.passed.append(name)
        elif status == "notrun":
            self.add_skip(name, case)
        else:
            self.failed[name] = message(case, "failure") or status

    def add_skip(self, name, case):
        why = message(case, "skipped")
        if not SKIPPED_ITSELF.match(why):
            self.failed[name] = f"did not run: {why}"
            return
        match = REASON.search(case.findtext("system-out", ""))
        reason = match.group(1) if match else "no reason"
        if GOOD_REASON.match(reason):
            self.skipped[name] = reason
        else:
            self.failed[name] = f"skipped, but not for its needs: {reason}"


def message(case, tag):
    element = case.find(tag)
    return "" if element is None else element.get("message", "")


def read(folder, name):
    host = Host(name)
    try:
        cases = ET.parse(os.path.join(folder, f"{name}.xml")).iter("testcase")
        for case in cases:
            host.add(case)
    except (OSError, ET.ParseError) as error:
        host.failed[NO_RESULTS] = str(error)
        return host
    if not (host.passed or host.failed or host.skipped):
        host.failed["(all)"] = "no test was chosen"
    return host


def left_out(folder, name):
    """Tests that are known not to work there at all: a pattern, and why."""
    try:
        with open(os.path.join(folder, f"{name}.left-out")) as file:
            return dict([file.read().strip().split(": ", 1)])
    except FileNotFoundError:
        return {}


def again(folder, host):
    """Tests that passed when ctest repeated them: name, and the first end."""
    try:
        with open(os.path.join(folder, f"{host.name}.log"),
                  errors="replace") as file:
            ends = dict(FAILED_ONCE.findall(file.read()))
    except FileNotFoundError:
        return {}
    return {test: ends[test] for test in host.passed if test in ends}


def print_table(hosts):
    print(f"\n{'host':8}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for host in hosts:
        print(f"{host.name:8}{len(host.passed):8}{len(host.failed):8}"
              f"{len(host.skipped):9}")


def print_reasons(title, name, reasons):
    if reasons:
        print(f"\n{title} on {name}:")
    for test, why in sorted(reasons.items()):
        print(f"  {test}: {why}")


def status(hosts):
    ends = {test for host in hosts for test in host.failed}
    return 0 if not ends else BROKEN if ends == {NO_RESULTS} else 1


def main():
    folder, *names = sys.argv[1:]
    hosts = [read(folder, name) for name in names]
    print_table(hosts)
    for host in hosts:
        print_reasons("left out", host.name, left_out(folder, host.name))
        print_reasons("passed only when repeated", host.name,
                      again(folder, host))
        print_reasons("skipped", host.name, host.skipped)
        print_reasons("FAILED", host.name, host.failed)
    return status(hosts)


if __name__ == "__main__":
    sys.exit(main())
