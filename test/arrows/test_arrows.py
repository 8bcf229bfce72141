"""The layout's rules, on this checkout; and each on a sample that breaks it."""

import json
import pathlib
import subprocess

import pytest

import arrows

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADERS = {"src/base/error.hpp": "", "src/runtime/clock.hpp": "", "src/app/config.hpp": "", "src/sqs/queue.hpp": ""}


@pytest.fixture(scope="module")
def tree():
    found = arrows.tree_of(ROOT)
    assert len(found) > 40, "the sources were not found"
    return found


def none_of(violations):
    found = list(violations)
    assert not found, "\n" + "\n".join(found)


def test_includes_flow_one_way_through_the_folders(tree):
    none_of(arrows.includes_against_the_arrows(tree))


def test_base_is_pure(tree):
    none_of(arrows.io_in_base(tree))


def test_time_and_chance_come_from_runtime_only(tree):
    none_of(arrows.time_or_chance_outside_runtime(tree))


def test_no_source_switches_assertions_off(tree):
    none_of(arrows.assertions_switched_off(tree))


@pytest.mark.parametrize("build_type", ["Release", "RelWithDebInfo", "MinSizeRel", "Debug"])
def test_assertions_stay_on_in_every_kind_of_build(tmp_path, build_type):
    subprocess.run(
        ["cmake", "--preset", "release", "-B", tmp_path, f"-DCMAKE_BUILD_TYPE={build_type}"],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=120)
    commands = json.loads((tmp_path / "compile_commands.json").read_text())
    assert commands
    none_of(f"{c['file']}: compiled with NDEBUG" for c in commands if "NDEBUG" in c["command"])


def test_the_link_lists_agree_with_the_arrows():
    """What a folder links, directly or through another, is what it may include, and aws, which sqs brings along."""
    linked = {}
    for line in (ROOT / "CMakeLists.txt").read_text().splitlines():
        if line.startswith("lastcall_folder("):
            name, *libraries = line.removeprefix("lastcall_folder(").rstrip(")").split()
            direct = {library.removeprefix("lastcall_") for library in libraries if library.startswith("lastcall_")}
            linked[name] = direct.union(*(linked[one] for one in direct))
    assert linked.keys() == arrows.ARROWS.keys()
    for name, allowed in arrows.ARROWS.items():
        assert allowed <= linked[name], f"{name} may include {allowed - linked[name]} but does not link it"


# ── that each rule can fail ──────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize("path, text", [
    ("src/base/error.cpp", '#include "runtime/clock.hpp"'),
    ("src/worker/drain.cpp", '#include "app/config.hpp"'),
    ("src/mail/smtp.cpp", '  #  include   "sqs/queue.hpp"'),
    ("src/http/client.cpp", "#include <lastcall/message.hpp>"),
    ("src/http/client.cpp", '#include "../base/error.hpp"'),
    ("src/http/client.cpp", '#include "error.hpp"'),
    ("include/lastcall/job.hpp", '#include "base/error.hpp"'),
    ("src/utils/misc.hpp", ""),
])
def test_an_include_against_the_arrows_is_found(path, text):
    assert len(list(arrows.includes_against_the_arrows(HEADERS | {path: text}))) == 1


@pytest.mark.parametrize("path, text", [
    ("src/worker/drain.cpp", '#include "runtime/clock.hpp"\n#include <lastcall/job.hpp>\n#include <vector>'),
    ("src/worker/drain.cpp", '// #include "app/config.hpp"\n/*\n#include "app/config.hpp"\n*/'),
    ("src/app/main.cpp", '#include "sqs/queue.hpp"'),
    ("include/lastcall/job.hpp", "#include <lastcall/message.hpp>"),
])
def test_an_include_along_the_arrows_is_let_through(path, text):
    none_of(arrows.includes_against_the_arrows(HEADERS | {path: text}))


@pytest.mark.parametrize("text", [
    "#include <boost/asio/awaitable.hpp>",
    "auto t = std::chrono::system_clock::now();",
    "#include <thread>",
])
def test_io_and_time_in_base_are_found(text):
    assert list(arrows.io_in_base({"src/base/backoff.hpp": text}))
    none_of(arrows.io_in_base({"src/http/client.cpp": text, "src/base/backoff.hpp": f"// {text}"}))


@pytest.mark.parametrize("text", [
    "auto t = std::chrono::steady_clock::now();",
    "auto t = system_clock :: now();",
    "std::random_device device;",
    "std::mt19937 generator;",
    "asio::steady_timer timer(executor);",
    "std::this_thread::sleep_for(1s);",
    "auto t = std::time(nullptr);",
])
def test_time_and_chance_outside_runtime_are_found(text):
    for path in ("src/worker/drain.cpp", "src/broker/engine.cpp", "src/app/main.cpp"):
        assert len(list(arrows.time_or_chance_outside_runtime({path: text}))) == 1
    none_of(arrows.time_or_chance_outside_runtime(
        {"src/runtime/clock.cpp": text, "src/base/log.cpp": f'// {text}', "src/base/url.cpp": f'f("{text}");'}))


@pytest.mark.parametrize("text", ["std::this_thread::sleep_for(1s);", "asio::steady_timer t(e);", "std::random_device d;"])
def test_sleep_and_chance_in_tests_are_found(text):
    assert len(list(arrows.time_or_chance_outside_runtime({"test/worker/drain.cpp": text}))) == 1


@pytest.mark.parametrize("text", ["#define NDEBUG", "#ifdef NDEBUG", "# undef NDEBUG"])
def test_switching_assertions_off_is_found(text):
    assert len(list(arrows.assertions_switched_off({"src/base/error.hpp": text}))) == 1
    none_of(arrows.assertions_switched_off({"src/base/error.hpp": f"// {text}"}))
