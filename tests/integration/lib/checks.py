# SPDX-License-Identifier: MIT
"""Checks that go on after a failure and are counted."""


class Checks:
    def __init__(self):
        self.made = 0
        self.failed = 0
        self.skipped = None

    def skip(self, reason):
        """The host lacks what the test needs: "needs ..."."""
        self.skipped = reason

    def expect(self, name, good, text):
        self.made += 1
        if good:
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}: {text}", flush=True)
        return good

    def check(self, name, got, want):
        return self.expect(name, got == want, f"got {got!r}, want {want!r}")

    def check_in(self, name, part, whole):
        return self.expect(name, part in whole, f"{part!r} not in {whole!r}")

    def verdict(self):
        """"pass", "SKIP: ..." or a line that says what was wrong."""
        if self.skipped and not self.failed:
            return f"SKIP: {self.skipped}"
        if not self.made:
            return "nothing was checked"
        if self.failed:
            return f"{self.failed} of {self.made} checks failed"
        return "pass"


# One list of checks a process: test scripts import these names.
_checks = Checks()
check = _checks.check
check_in = _checks.check_in
expect = _checks.expect
skip = _checks.skip
verdict = _checks.verdict
