#!/usr/bin/python3
"""Runs the integration tests, tests/integration/test_*.py, against build/postern (or $POSTERN).

    tests/integration/run.py [--file test_X.py] [NAME ...]    NAME: a class or a test, or a part of one's name

One `ok NAME` or `not ok NAME` a test, what went wrong behind it, and last `N passed, N failed`.
"""
import argparse
import os
import pathlib
import sys
import time
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0
        self.begun = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def say(self, word, test, tail=""):
        name = ".".join(test.id().split(".")[-3:])
        print(f"{word} {name} ({time.monotonic() - self.begun:.1f} s){tail}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self.say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("ok", test, f" # SKIP {reason}")

    def bad(self, test, err):
        self.say("not ok", test)
        kind, value, trace = err
        while trace and "/unittest/" in trace.tb_frame.f_code.co_filename:
            trace = trace.tb_next
        for line in "".join(traceback.format_exception(kind, value, trace)).rstrip().split("\n"):
            print("# " + line, flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.bad(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.bad(subtest, err)


def flatten(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from flatten(t)
        else:
            yield t


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--file", default="test_*.py", metavar="test_X.py")
    p.add_argument("names", nargs="*", metavar="NAME")
    arguments = p.parse_args()
    found = list(flatten(unittest.defaultTestLoader.discover(str(HERE), pattern=arguments.file)))
    wanted = arguments.names
    suite = unittest.TestSuite(t for t in found if not wanted or any(w in t.id() for w in wanted))
    result = Tap()
    suite.run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed"
          + (f", {len(result.skipped)} skipped" if result.skipped else ""), flush=True)
    return 1 if failed or not result.passed + len(result.skipped) else 0


if __name__ == "__main__":
    os.chdir(HERE.parent.parent)
    sys.exit(main())
