# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Results as TAP, in the file that the environment's TAP names; tests/tap-summary reads it.
What a test notes with record_property comes as a comment.
"""


def one_line(text):
    return " ".join(str(text).split()).replace("#", "\\#")


def skip_reason(report):
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return getattr(report, "wasxfail", "") or report.longrepr


class TapWriter:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")  # pylint: disable=consider-using-with
        self.count = 0
        self.failed = set()

    def _line(self, result, nodeid, tail=""):
        self.count += 1
        print(f"{result} {self.count} - {one_line(nodeid)}{tail}", file=self.file, flush=True)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            # a test that passed and then failed to clean up is two lines: it did both
            where = "" if report.when == "call" else f" ({report.when})"
            self._line("not ok", report.nodeid + where)
            for line in str(report.longrepr).splitlines()[-40:]:
                print(f"# {line}", file=self.file)
        elif report.skipped:
            self._line("ok", report.nodeid, f" # SKIP {one_line(skip_reason(report))}")
        elif report.when == "call":
            self._line("ok", report.nodeid)
        if report.when == "call":
            for name, value in report.user_properties:
                print(f"# {name} {value}", file=self.file, flush=True)

    def pytest_collectreport(self, report):
        if report.failed:
            self._line("not ok", f"{report.nodeid} (collection)")
            for line in str(report.longrepr).splitlines()[-40:]:
                print(f"# {line}", file=self.file)
        elif report.skipped:
            self._line("ok", report.nodeid, f" # SKIP {one_line(skip_reason(report))}")

    def pytest_unconfigure(self):
        print(f"1..{self.count}", file=self.file)
        self.file.close()
