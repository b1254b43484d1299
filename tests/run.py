#!/usr/bin/python3
"""Runs suites of tests, counts their results, and says how it went.

    tests/run.py check [--build build]      unit, session, corpus, lint: what is built in one folder
    tests/run.py full                       everything, in every build; what `make test` runs
    tests/run.py unit|session|corpus|lint [--build build]
    tests/run.py fuzz [--runs N] [--only NAME]

A test program prints TAP: `ok ...`, `not ok ...`, `ok ... # SKIP why`, which CMocka begins with `not ok`;
a line that begins with anything else is its own talk and is shown when something failed.  A program that ends
badly without a `not ok` counts as one failure.  The last line printed is `N passed, N failed` (and `, N skipped`).
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = max(2, os.cpu_count() or 2)
SAN = "address,undefined"
HANG = 3600  # seconds: longer than the slowest machine needs, so that only what hangs is stopped
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,possible",
            "--suppressions=tests/valgrind.supp"]


# Not under valgrind, which makes everything fifty times slower; the sanitizers see them.
TOO_SLOW = {
    "io/test_conn_random": "random use by the million bytes",
    "io/test_loop": "real milliseconds",
    "model/test_model": "conversations by the ten thousand",
    "model/test_smuggling": "the same",
    "net/test_dns": "real milliseconds",
    "net/test_dnshunt": "real milliseconds",
    "redis/test_redis_server": "real servers, which do not wait",
    "lmdb/test_lmdb_kills": "processes that are killed, by the dozen",
    "lmdb/test_lmdb_year": "a year, day by day",
}


class Count:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + f", {self.skipped} skipped" if self.skipped else text


# Their work, or their waiting, takes longer than what may be left when they begin last.
LONG = ["redis/test_redis_server", "model/test_model", "model/test_smuggling", "content/test_reader",
        "filters/test_evals", "lmdb/test_lmdb_bulk", "lmdb/test_lmdb", "regex/test_regex", "io/test_tls_names", "net/test_dnshunt",
        "tests/session/prdr_large.smtp", "tests/session/duplicate_large.smtp", "tests/session/large_message_twice.smtp",
        "fuzz_session", "fuzz_reader", "fuzz_control",
        "test_tls", "test_load", "test_backends", "test_greylist", "test_limits", "test_extensions", "test_exim",
        "test_auth", "test_rules", "test_smuggling"]


def is_there(name):
    """A test of one of these lists: one that was moved must not drop out of them."""
    places = f"tests/unit/{name}.c", f"tests/fuzz/{name}.c", f"tests/integration/{name}.py", name
    return any(os.path.exists(os.path.join(ROOT, p)) for p in places)


def longest_first(names):
    return sorted(names, key=lambda name: LONG.index(name) if name in LONG else len(LONG))


def environment():
    """Ours, without what a calling make left in it; sanitizers stop at the first finding."""
    env = {k: v for k, v in os.environ.items()
           if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CC", "SAN", "BUILD")}
    env["CMOCKA_MESSAGE_OUTPUT"] = "TAP"
    # Quarantined is what some plays of a script free; and clearing a shadow by mapping costs faults for every page.
    env["ASAN_OPTIONS"] = ("abort_on_error=0:detect_leaks=1:allocator_may_return_null=1:"
                           "quarantine_size_mb=16:clear_shadow_mmap_threshold=4194304")
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return env


def count_tap(text):
    c = Count()
    for line in text.splitlines():
        if re.match(r"(not )?ok\b.*# *SKIP", line, re.I):
            c.skipped += 1
        elif re.match(r"not ok\b", line):
            c.failed += 1
        elif re.match(r"ok\b", line):
            c.passed += 1
    return c


def shown(text):
    """What is worth reading of a failed program's output."""
    lines = [line if len(line) <= 400 else line[:400] + " ..." for line in text.splitlines()
             if not re.match(r"ok\b", line)]
    if len(lines) > 200:
        lines = lines[:100] + [f"... {len(lines) - 200} lines ..."] + lines[-100:]
    return "\n".join(lines)


def execute(command, timeout=HANG):
    """(exit code, output); 124 for one that had to be stopped."""
    env = environment()
    if command[0] == "valgrind":
        env["POSTERN_SELDOM"] = "1"  # tests/unit/often.h
    try:
        p = subprocess.run(command, cwd=ROOT, env=env, timeout=timeout,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return p.returncode, p.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as e:
        return 124, (e.stdout or b"").decode("utf-8", "replace") + f"\nstopped after {timeout} s\n"
    except OSError as e:
        return 127, f"{e}\n"


def run_tap(command, timeout=HANG):
    """One program's results; what it printed, when something failed."""
    code, text = execute(command, timeout)
    c = count_tap(text)
    if code and not c.failed:
        c.failed = 1
    elif not code and not c.passed + c.failed + c.skipped:
        c.failed = 1
        text += "it ran no test\n"
    return c, f"--- {' '.join(command)} (exit {code})\n{shown(text)}" if c.failed else ""


def run_one(command, timeout=HANG):
    """A command that is one test: exit 0 or not."""
    code, text = execute(command, timeout)
    if not code:
        return Count(passed=1), ""
    return Count(failed=1), f"--- {' '.join(command)} (exit {code})\n{shown(text)}"


def run_suite(title, tasks):
    """tasks: functions without arguments that return (Count, text); as many at a time as there are cores."""
    total, begin = Count(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for c, text in pool.map(lambda task: task(), tasks):
            total.add(c)
            if text:
                print(text, flush=True)
    print(f"{title:<28} {total}  ({time.monotonic() - begin:.1f} s)", flush=True)
    return total


def programs(folder):
    """Names of the test programs, by their sources: build/ may hold older ones."""
    base = os.path.join(ROOT, "tests", folder)
    found = []
    for where, _, files in os.walk(base):
        found += [os.path.relpath(os.path.join(where, f), base)[:-len(".c")]
                  for f in files if re.fullmatch(r"(test|fuzz)_.*\.c", f)]
    return longest_first(sorted(found))


def unit(build, tool=()):
    return [lambda p=p: run_tap([*tool, f"{build}/unit/{p}"]) for p in programs("unit")
            if not tool or p not in TOO_SLOW]


def session(build, tool=(), options=()):
    runner = f"{build}/session/run_sessions"
    folder = os.path.join(ROOT, "tests/session")
    scripts = sorted(f"tests/session/{f}" for f in os.listdir(folder) if f.endswith(".smtp")) \
        if os.path.isdir(folder) else []
    if not os.path.exists(os.path.join(ROOT, "tests/session/run_sessions.c")):
        return []
    count = JOBS if tool else 4 * JOBS  # valgrind needs seconds to begin
    parts = [longest_first(scripts)[i::count] for i in range(count)]
    return [lambda part=part: run_tap([*tool, runner, *options, *part]) for part in parts if part]


def seeds(name):
    folder = f"tests/corpus/{name[len('fuzz_'):]}"
    return [folder] if os.path.isdir(os.path.join(ROOT, folder)) else []


def dictionary(name):
    path = f"tests/fuzz/{name[len('fuzz_'):]}.dict"
    return [f"-dict={path}"] if os.path.exists(os.path.join(ROOT, path)) else []


def corpus(build):
    return [lambda p=p: run_tap([f"{build}/replay/{p}", *seeds(p)]) for p in programs("fuzz")]


def lint():
    folder = os.path.join(ROOT, "tests/lint")
    scripts = sorted(f for f in os.listdir(folder) if f.endswith(".sh"))
    return [lambda s=s: run_one([f"tests/lint/{s}"]) for s in scripts]


def fuzz_one(name, runs, seconds):
    target = name[len("fuzz_"):]
    made = f"build/fuzz/corpus/{target}"
    os.makedirs(os.path.join(ROOT, made), exist_ok=True)
    os.makedirs(os.path.join(ROOT, "build/fuzz/found"), exist_ok=True)
    command = [f"build/fuzz/fuzzer/{name}", f"-runs={runs}", "-seed=1", "-timeout=20", "-rss_limit_mb=2048",
               "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix=build/fuzz/found/{target}-", *dictionary(name), made, *seeds(name)]
    if seconds:
        command.append(f"-max_total_time={seconds}")
    begin = time.monotonic()
    code, text = execute(command, timeout=seconds + 120 if seconds else None)
    ran = re.search(r"stat::number_of_executed_units: *(\d+)", text)
    done = int(ran.group(1)) if ran else 0
    print(f"  {name:<26} {done} inputs in {time.monotonic() - begin:.1f} s", flush=True)
    if code or not done:
        return Count(failed=1), f"--- {' '.join(command)} (exit {code})\n{shown(text)}"
    return Count(passed=1), ""


def fuzz(runs, seconds, only=None):
    names = [p for p in programs("fuzz") if only is None or p in (only, "fuzz_" + only)]
    if only is not None and not names:
        sys.exit(f"no fuzz target {only}: {', '.join(n[len('fuzz_'):] for n in programs('fuzz'))}")
    return [lambda n=n: fuzz_one(n, runs, seconds) for n in names]


def make(*arguments):
    return [lambda: run_one(["make", "-s", f"-j{JOBS}", *arguments], timeout=HANG)]


FUZZ_BUILD = ["CC=clang", f"SAN=fuzzer-no-link,{SAN}", "BUILD=build/fuzz"]
GCC = ["CC=gcc", "BUILD=build"]
SAN_BUILD = ["CC=gcc", f"SAN={SAN}", "BUILD=build/san"]


def check_suites(build):
    yield "unit", unit(build)
    yield "session", session(build)
    yield "corpus", corpus(build)


def integration():
    folder = os.path.join(ROOT, "tests/integration")
    files = longest_first(sorted(f[:-len(".py")] for f in os.listdir(folder) if re.fullmatch(r"test_.*\.py", f)))
    return [lambda f=f: run_tap([sys.executable, "tests/integration/run.py", "--file", f"{f}.py"]) for f in files]


def behind_the_build():
    """All but integration, which needs what is built first and nothing of this."""
    yield "lint", lint()
    yield from check_suites("build")
    # The seeds are the fuzzers' to begin with, under the same sanitizers: they are not replayed here.
    yield "build, sanitizers", make("programs", *SAN_BUILD)
    yield "unit, sanitizers", unit("build/san")
    yield "session, sanitizers", session("build/san")
    yield "build, clang, fuzzers", make("all", "fuzzers", *FUZZ_BUILD)
    yield "fuzz, short", fuzz(20000, 5)
    yield "valgrind", [*session("build", VALGRIND, ["--quick"]), *unit("build", VALGRIND)]


def full():
    """Real peers are mostly waited for: everything else has the cores meanwhile, compilers too."""
    shutil.rmtree(os.path.join(ROOT, "build/fuzz/found"), ignore_errors=True)
    total = run_suite("build, gcc", make("tests", *GCC))
    if total.failed:
        return total
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        peers = beside.submit(run_suite, "integration", integration())
        for title, tasks in behind_the_build():
            total.add(run_suite(title, tasks))
        total.add(peers.result())
    return total


def chosen(arguments):
    build = arguments.build
    suite = arguments.suite
    if suite == "check":
        return [*check_suites(build), ("lint", lint())]
    if suite == "fuzz":
        return [("build, fuzzers", make("fuzzers", *FUZZ_BUILD)),
                ("fuzz", fuzz(arguments.runs, 0, arguments.only))]
    return [(suite, {"unit": unit, "session": session, "corpus": corpus, "lint": lambda _: lint()}[suite](build))]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("suite", choices=["check", "full", "unit", "session", "corpus", "lint", "fuzz"])
    p.add_argument("--build", default="build")
    p.add_argument("--runs", type=int, default=100000)
    p.add_argument("--only")
    arguments = p.parse_args()
    for name in [*TOO_SLOW, *LONG]:
        if not is_there(name):
            p.error(f"{name}, of TOO_SLOW or LONG, is no test")
    total, begin = Count(), time.monotonic()
    if arguments.suite == "full":
        total = full()
    else:
        for title, tasks in chosen(arguments):
            total.add(run_suite(title, tasks))
    print(f"all suites in {time.monotonic() - begin:.0f} s")
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
