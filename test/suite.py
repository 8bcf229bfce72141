"""All tests of the project, step by step, each step bounded by a time-out. See scripts/test."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
CORES = len(os.sched_getaffinity(0))

BUILD_TIMEOUT_S = 1500
UNIT_TIMEOUT_S = 300
SYSTEM_TIMEOUT_S = 1800
TIDY_TIMEOUT_S = 300
PEERS_TIMEOUT_S = 180
SIMULATE_TIMEOUT_S = 600
MUTATE_TIMEOUT_S = 600

PROGRAMS = ["lastcall", "consumer", "readme_example"]  # what the tests of the real binary run

NEW_SEEDS = 20_000  # of the worker at the typed seam, each time others
NEW_SEEDS_OF_BYTES = 1_000
BENCH_TIMEOUT_S = 300
FUZZ_S = 5  # each target

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LASTCALL_"))} | {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:check_initialization_order=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "ASAN_SYMBOLIZER_PATH": "/usr/lib/llvm-19/bin/llvm-symbolizer",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


PASSED = Counts(passed=1)

FAILURES = []  # what failed and why: main says it again at the end, for whoever sees only the end of a long log
LINES_OF_A_FAILURE = 60


def say(text):
    print(text, flush=True)


def failed(what, why="", count=1):
    say(f"{why}\n{what}" if why else what)
    FAILURES.append((what, why))
    return Counts(failed=count)


def say_failures():
    for what, why in FAILURES:
        lines = why.strip().splitlines()
        left_out = [f"({len(lines) - LINES_OF_A_FAILURE} lines are above)"] if len(lines) > LINES_OF_A_FAILURE else []
        say("\n".join([f"FAILED {what}", *left_out, *lines[-LINES_OF_A_FAILURE:]]))


def run(command, timeout_s, echo=False, **options):
    """Runs a command in a process group of its own, which does not outlive it. Answers (exit code, output); the
    exit code is None if it took too long."""
    process = subprocess.Popen(
        [str(word) for word in command], cwd=ROOT, env=options.pop("env", ENVIRONMENT), stdin=subprocess.DEVNULL,
        stdout=None if echo else subprocess.PIPE, stderr=None if echo else subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True, **options)
    try:
        output, _ = process.communicate(timeout=timeout_s)
        return process.returncode, output or ""
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return None, (output or "") + f"\n(took longer than {timeout_s} s and was killed)"


def how_it_ended(code):
    if code is None:
        return "took too long"
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


# ── building ─────────────────────────────────────────────────────────────────────────────────────────────────────

def test_folders():
    """The folders that have C++ tests: each becomes a program test_<folder>."""
    return sorted({path.parent.name for path in (ROOT / "test").glob("*/*_test.cpp")})


def configure(preset):
    # A changed preset, or a folder whose first test is new, is seen only by configuring again.
    code, output = run(["cmake", "--preset", preset], 120)
    if code != 0:
        say(output)
    return code == 0


def build(preset, targets):
    """Builds all targets and answers those that could not be built."""
    if not configure(preset):
        return targets
    directory = BUILD / preset
    code, output = run(["ninja", "-C", directory, "--quiet", "-k", "0", *targets], BUILD_TIMEOUT_S)
    if code == 0:
        return []
    say(output)
    return [target for target in targets if run(["ninja", "-C", directory, "--quiet", target], BUILD_TIMEOUT_S)[0] != 0]


# ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────

SUMMARY = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped")


def unit_test(program, words):
    """Runs one doctest program. A crash, a time-out, or a program without tests is a failure."""
    arguments = [f"--test-case=*{words}*"] if words else []
    code, output = run([program, *arguments], UNIT_TIMEOUT_S, env=reporting_marks(program.name))
    found = SUMMARY.search(output)
    if not found:
        return failed(f"{program.name} {how_it_ended(code)}, without a summary", output)
    ran, passed, wrong, skipped = map(int, found.groups())
    if ran == 0 and not words:
        return failed(f"{program.name} has no tests")
    counts = Counts(passed, 0, 0 if words else skipped)
    if code != 0:
        counts += failed(f"{program.name} {how_it_ended(code)}", output, max(wrong, 1))
    return counts


def unit_tests(preset, words="", folders=None):
    folders = folders or test_folders()
    programs = [f"test_{folder}" for folder in folders]
    broken = build(preset, programs if words or folders != test_folders() else [*programs, *PROGRAMS])
    counts = Counts()
    for program in broken:
        counts += failed(f"{program} could not be built")
    for program in programs:
        if program not in broken:
            result = unit_test(BUILD / preset / program, words)
            if result != Counts():
                say(f"{program}: {result}")
            counts += result
    return counts


# ── marks: rare branches that some test must reach (src/base/mark.hpp) ───────────────────────────────────────────

MARKS = BUILD / "marks"


def reporting_marks(name):
    """The environment of a program that writes which marks it has and which it passes (test/marks.cpp)."""
    MARKS.mkdir(exist_ok=True)
    return ENVIRONMENT | {"TEST_MARKS": str(MARKS / name)}


def marks():
    """One test a mark: that a unit test, a test of the real binary or a simulated run has passed it since the step
    sanitize began."""
    lines = {line for file in MARKS.glob("*") for line in file.read_text().splitlines()}
    known = {line.removeprefix("known ") for line in lines if line.startswith("known ")}
    missed = sorted(name for name in known if not name.startswith("test: ") and f"hit {name}" not in lines)
    if not known:
        return failed("no marks are known: they are gathered by the steps sanitize, system and simulate")
    counts = Counts(len(known) - len(missed))
    for name in missed:
        counts += failed(f"no test reaches the mark '{name}'")
    return counts


def pytest_run(folder, timeout_s, words="", workers=0, env=None):
    report = BUILD / f"pytest-{folder}.xml"
    report.unlink(missing_ok=True)
    code, _ = run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", "--tb=short", "--color=no",
         f"--junitxml={report}", "-o", "junit_logging=system-out", "-o", "junit_log_passing_tests=false",
         *(["-n", str(workers)] if workers else []), f"test/{folder}"],
        timeout_s, echo=True, env=reporting_marks(folder) | {"LASTCALL_TEST_WORDS": words} | (env or {}))
    no_tests = 5
    if code == no_tests and words:
        return Counts()
    if code not in (0, 1) or not report.exists():
        return failed(f"pytest test/{folder} {how_it_ended(code)}")
    counts = Counts()
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        wrong = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        # a test that passes and whose teardown fails is listed once as an error
        counts += Counts(max(0, int(suite.get("tests")) - wrong - skipped), wrong, skipped)
        # pytest has said why, and what the test printed: a seed, for instance
        FAILURES.extend((f"{case.get('classname')}.{case.get('name')}",
                         "\n".join((case.findtext(part) or "").strip() for part in ("system-out", "failure", "error")))
                        for case in suite.iter("testcase") if {part.tag for part in case} & {"failure", "error"})
    return counts


def sanitize():
    for file in MARKS.glob("*"):
        file.unlink()
    return unit_tests("sanitize")


def gcc():
    return unit_tests("gcc")


def arrows():
    return pytest_run("arrows", 300)


def sources():
    return sorted(path for top in ("src", "include", "test") for path in (ROOT / top).rglob("*.?pp"))


def formatted():
    code, output = run(["clang-format-19", "--dry-run", *(path.relative_to(ROOT) for path in sources())], 120)
    unformatted = sorted(set(re.findall(r"^([^:\s]+):.*clang-format-violations", output, re.M)))
    if code == 0 and not unformatted:
        return PASSED
    return failed("not formatted; to mend these: clang-format-19 -i …", "\n".join(unformatted) or output)


def tidy():
    """clang-tidy over what is shipped; files that passed and have not changed since are not looked at again. Of the
    tests it asks less than the two compilers and the sanitizers do, and would take as long again."""
    if not configure("sanitize"):
        return failed("the preset sanitize could not be configured")
    directory = BUILD / "sanitize"
    build("sanitize", ["lastcall_boost"])  # the precompiled header
    stamps = BUILD / "tidy"
    stamps.mkdir(exist_ok=True)
    code, text = run(["ninja", "-C", directory, "-t", "deps"], 60)
    dependencies = {}
    for block in text.split("\n\n"):
        name, _, rest = block.partition(":")
        files = [line.strip() for line in rest.splitlines()[1:]]
        if files:
            dependencies[(directory / files[0]).resolve()] = files

    def changed(source, stamp):
        if not stamp.exists():
            return True
        files = [ROOT / ".clang-tidy", source, *(directory / name for name in dependencies.get(source, [source]))]
        return any(not file.exists() or file.stat().st_mtime > stamp.stat().st_mtime for file in files
                   if "cmake_pch" not in file.name)

    def check(source):
        stamp = stamps / str(source.relative_to(ROOT)).replace("/", "-")
        if not changed(source, stamp):
            return True
        began = time.time()
        code, output = run(["clang-tidy-19", "-p", directory, "--quiet", source], TIDY_TIMEOUT_S)
        if code == 0:
            stamp.touch()
            os.utime(stamp, (began, began))
            return True
        failed(f"clang-tidy: {source.relative_to(ROOT)}",
               re.sub(r"^\d+ warnings? .*generated.*\n", "", output, flags=re.M))
        return False

    with ThreadPoolExecutor(CORES) as pool:
        shipped = [path for path in sources() if path.suffix == ".cpp" and ROOT / "src" in path.parents]
        results = list(pool.map(check, shipped))
    return PASSED if all(results) else Counts(failed=1)


def peers():
    """Has npm's peers installed once, where npm is. Where not, the tests that want them say so and are skipped."""
    code, output = run(["test/system/peers/install", BUILD / "peers"], PEERS_TIMEOUT_S)
    if code != 0:
        say(f"peers of npm: {output.strip() or how_it_ended(code)}")


def system(words=""):
    if build("sanitize", PROGRAMS):
        return failed("lastcall could not be built, so the tests of the real binary fail")
    peers()
    return pytest_run("system", SYSTEM_TIMEOUT_S, words, workers=SYSTEM_WORKERS)


def release():
    """What scripts/run builds; one drain of it, since the sanitized binary is tested thoroughly."""
    code, output = run(["scripts/build"], BUILD_TIMEOUT_S)
    if code != 0:
        return failed(f"scripts/build {how_it_ended(code)}", output)
    return pytest_run("system", 300, "demo", env={"LASTCALL_BIN": str(BUILD / "release" / "lastcall")})


def bench():
    """Instructions a message against the figure that is kept: see test/bench/README.md."""
    code, output = run(["scripts/bench", "--quick"], BUILD_TIMEOUT_S + BENCH_TIMEOUT_S)
    if code != 0:
        return failed(f"scripts/bench --quick {how_it_ended(code)}", output)
    say(output.strip())
    return PASSED


# ── the simulator: test/simulation ───────────────────────────────────────────────────────────────────────────────

def build_simulation(target):
    """Builds a program of the simulator, optimized as what is shipped, and answers its path; None: it can't be built."""
    return None if build("release", [target]) else BUILD / "release" / target


def first_new_seed():
    """Where the new seeds begin: other ones for each commit, the same ones for the same commit."""
    code, output = run(["git", "rev-parse", "HEAD"], 20)
    return int(output[:10], 16) * 1_000_000 if code == 0 else 1_000_000


def simulated(program, name, *arguments):
    """Runs of the simulator as one test."""
    code, output = run([program, *arguments], SIMULATE_TIMEOUT_S, env=reporting_marks(f"simulate-{name}"))
    if code != 0:
        return failed(f"simulate {name}: {how_it_ended(code)}", output)
    say(f"{name}: {output.strip()}")
    return PASSED


def simulate():
    program = build_simulation("lastcall_simulate")
    if not program:
        return failed("lastcall_simulate could not be built")
    counts = Counts()
    for what, call in (("time", "clock_gettime"), ("sleep", "nanosleep"), ("socket", "socket"),
                       ("thread", "pthread_create")):
        code, output = run([program, "--ask-machine", what], 20)
        refused = code == -signal.SIGABRT and f"a simulated run called {call}" in output
        counts += PASSED if refused else failed(
            f"a simulated run may ask the machine for {what}: {how_it_ended(code)}", output)
    first = first_new_seed()
    jobs = [("kept", "--seeds-of", "test/simulation/seeds.txt"),
            ("bytes", "--depth", "byte", "--seeds", f"{first}..{first + NEW_SEEDS_OF_BYTES - 1}"),
            ("small-worlds", "--small-world")]
    half = NEW_SEEDS // 2
    jobs += [(f"new-{part}", "--seeds", f"{begin}..{begin + half - 1}")
             for part, begin in ((1, first), (2, first + half))]
    with ThreadPoolExecutor(CORES) as pool:
        for result in pool.map(lambda job: simulated(program, *job), jobs):
            counts += result
    return counts


def mutate():
    """One test a mutation: that the simulator notices it."""
    program = build_simulation("lastcall_mutants")
    if not program:
        return failed("lastcall_mutants could not be built")
    code, output = run([sys.executable, "-B", "test/simulation/mutate.py", program], MUTATE_TIMEOUT_S)
    found = re.search(r"^(\d+) of (\d+) mutations caught$", output, re.M)
    if not found:
        return failed(f"mutate.py {how_it_ended(code)}, without a summary", output)
    caught, of = map(int, found.groups())
    counts = Counts(caught)
    if caught < of:
        counts += failed("mutations survived", output, of - caught)
    else:
        say(output.strip())
    return counts


# ── fuzzing: test/fuzz ───────────────────────────────────────────────────────────────────────────────────────────

def fuzzed(target):
    """A fuzz target from its corpus, as one test. scripts/fuzz says what it crashed on."""
    code, output = run(["nice", "scripts/fuzz", target, "--seconds", FUZZ_S], FUZZ_S + 90)
    if code != 0:
        return failed(f"fuzz {target} {how_it_ended(code)}", output)
    say(output.strip())
    return PASSED


def fuzz():
    targets = sorted(path.stem for path in (ROOT / "test" / "fuzz").glob("*.cpp"))
    broken = [target.removeprefix("fuzz_") for target in build("fuzz", [f"fuzz_{target}" for target in targets])]
    counts = Counts()
    for target in broken:
        counts += failed(f"fuzz_{target} could not be built")
    with ThreadPoolExecutor(CORES) as pool:
        for result in pool.map(fuzzed, [target for target in targets if target not in broken]):
            counts += result
    return counts


SYSTEM_WORKERS = 4

STEPS = {
    "sanitize": sanitize,
    "arrows": arrows,
    "format": formatted,
    "tidy": tidy,
    "system": system,
    "simulate": simulate,
    "marks": marks,
    "mutate": mutate,
    "release": release,
    "bench": bench,
    "fuzz": fuzz,
    "gcc": gcc,
}


def main(words):
    began = time.monotonic()
    BUILD.mkdir(exist_ok=True)
    if words in STEPS:
        steps = {words: STEPS[words]}
    elif words in test_folders():
        steps = {words: lambda: unit_tests("sanitize", folders=[words])}
    elif words:
        steps = {"sanitize": lambda: unit_tests("sanitize", words), "system": lambda: system(words)}
    else:
        steps = STEPS
    total = Counts()
    for name, step in steps.items():
        say(f"── {name} " + "─" * (70 - len(name)))
        step_began = time.monotonic()
        counts = step()
        total += counts
        say(f"{name}: {counts} ({time.monotonic() - step_began:.0f} s)")
    if total == Counts():
        say(f"no test has '{words}' in its name")
    say(f"── all {'─' * 67}")
    say_failures()
    say(f"took {time.monotonic() - began:.0f} s")
    say(str(total))
    return 1 if total.failed or total == Counts() else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
