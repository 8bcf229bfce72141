"""The rules of the layout: which folder may include which, and where time and chance may come from.

A rule is a function from a tree (path → text) to the violations in it, a line each, so that it can be shown on a
bad sample that it bites. The arrows are those of CMakeLists.txt's link lists, kept here a second time on purpose:
the linker sees through static libraries, and a header-only include never reaches it.
"""

import pathlib
import re

# folder → the folders it may include; itself besides
ARROWS = {
    "base": set(),
    "runtime": {"base"},
    "http": {"base", "runtime"},
    "aws": {"base", "runtime", "http"},
    "sqs": {"base", "runtime", "http", "aws"},
    "worker": {"base", "runtime", "sqs"},
    "storage": {"base"},
    "mail": {"base", "runtime", "storage"},
    # of aws only sigv4: what a client signs, the server checks
    "broker": {"base", "runtime", "http", "aws", "sqs", "storage"},
    "jobs": {"base", "runtime", "storage", "http", "worker", "mail"},
    "app": {"base", "runtime", "http", "aws", "sqs", "worker", "mail", "broker", "jobs"},
}
MAY_INCLUDE_PUBLIC = {"sqs", "worker", "jobs", "broker", "app"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
COMMENT_OR_STRING = re.compile(
    r'R"(?P<raw>[^()\s\\]{0,16})\(.*?\)(?P=raw)"'  # a raw string
    r'|"(?:\\.|[^"\\\n])*"'  # a string
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)


def tree_of(root):
    """The C++ sources of a checkout, by their paths in it."""
    root = pathlib.Path(root)
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for top in ("src", "include", "test")
        for path in sorted((root / top).rglob("*.?pp"))
    }


def code_of(text):
    """The text with comments and the inside of strings blanked, line numbers kept."""
    blank = lambda found: re.sub(r"[^\n]", " ", found.group())
    return COMMENT_OR_STRING.sub(blank, text)


def includes_of(text):
    """(line number, quote, what) for each include that is not in a comment."""
    lines = code_of(text).splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        # blanking takes the "…" with it, but not the directive itself
        if found and "#" in lines[number - 1]:
            yield number, found[1], found[2]


def folder_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def includes_against_the_arrows(tree):
    for path, text in tree.items():
        folder = folder_of(path)
        public = path.startswith("include/")
        if folder is None and not public:
            continue
        if folder is not None and folder not in ARROWS:
            yield f"{path}: src/{folder} is in no rule; add it to the arrows"
            continue
        for number, quote, what in includes_of(text):
            where = f"{path}:{number}"
            if what.startswith("lastcall/"):
                if not public and folder not in MAY_INCLUDE_PUBLIC:
                    yield f"{where}: {folder} may not include the public <{what}>"
            elif quote == '"':
                target = what.split("/")[0]
                if public:
                    yield f'{where}: the public API may not include "{what}" of src'
                elif f"src/{what}" not in tree:
                    yield f'{where}: "{what}" is not a header of src, named from src'
                elif target != folder and target not in ARROWS[folder]:
                    yield f'{where}: {folder} may not include "{what}": the arrow goes the other way'


def io_in_base(tree):
    forbidden = re.compile(r"\basio\b|::now\s*\(|<(thread|mutex|fstream|sys/socket\.h)>")
    for path, text in tree.items():
        if folder_of(path) != "base":
            continue
        for number, _, what in includes_of(text):
            if what.startswith(("boost/asio", "boost/beast", "openssl/ssl")):
                yield f"{path}:{number}: base is pure and does no I/O, but includes <{what}>"
        for number, line in enumerate(code_of(text).splitlines(), 1):
            if forbidden.search(line):
                yield f"{path}:{number}: base is pure and knows no time and no I/O: {line.strip()}"


TIME = (
    r"\b(?:steady|system|high_resolution|utc|file)_clock\s*::\s*now\b"
    r"|\bclock_gettime\b|\bgettimeofday\b|\b(?:std::)?time\s*\(\s*(?:nullptr|NULL|0)\s*\)"
)
SLEEP = r"\bsteady_timer\b|\bsystem_timer\b|\bthis_thread\s*::\s*sleep_"
CHANCE = r"\brandom_device\b|\bmt19937|\bstd::rand\b|\barc4random|\bgetrandom\b"

# Where time and chance are at home, besides runtime: its tests, the clocks made for tests, the precompiled header,
# which only includes, and the loop of real threads and signals that the simulator replaces as a whole.
# test/consumer is a user's program: it takes its time where a user's program does.
HOME_OF_TIME = ("src/runtime/", "test/runtime/", "test/support/", "test/consumer/", "src/precompiled.hpp",
                "src/worker/supervisor.cpp")


def time_or_chance_outside_runtime(tree):
    in_source = re.compile(f"{TIME}|{SLEEP}|{CHANCE}")
    in_test = re.compile(f"{SLEEP}|{CHANCE}")  # a test may bound itself by the real clock, but not wait for it
    for path, text in tree.items():
        if path.startswith(HOME_OF_TIME):
            continue
        forbidden = in_test if path.startswith("test/") else in_source
        for number, line in enumerate(code_of(text).splitlines(), 1):
            if forbidden.search(line):
                yield f"{path}:{number}: time comes from the clock, chance from random: {line.strip()}"


def assertions_switched_off(tree):
    for path, text in tree.items():
        for number, line in enumerate(code_of(text).splitlines(), 1):
            if re.search(r"\bNDEBUG\b", line):
                yield f"{path}:{number}: assertions stay on in every build: {line.strip()}"
