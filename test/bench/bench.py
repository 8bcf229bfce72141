"""The benchmarks of lastcall. See scripts/bench and README.md."""

import argparse
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))  # for `ports`

import contestants
import instructions
import machine
import report
from machine import HARNESS_CORE, ROOT
from scenarios import SCENARIOS
from service import Service


class Bench:
    """One session: its settings, its rows, and the server that the scenario at hand uses."""

    def __init__(self, arguments, directory):
        self.directory = directory
        self.runs = arguments.runs
        self.quick = arguments.quick
        self.window_s = arguments.window
        self.stop_runs = arguments.stop_runs
        self.peer_stop_runs = min(arguments.stop_runs, arguments.peer_stop_runs)
        self.words = arguments.workers
        self.scenario = ""
        self.rows = []
        self.left_out = {}
        self._service = None
        self._raw = open(directory / "runs.jsonl", "w")

    def contestants(self, *words):
        """Those that can run here; those that can't are named in the report, once."""
        can = []
        for who in contestants.named(self.words):
            if words and not any(word in who.name for word in words):
                continue
            if missing := who.missing():
                self.left_out[who.name] = f"not installed: {missing}"
            else:
                can.append(who)
        return can

    def service(self, tls=None, options=()):
        """A fresh server for each measurement: none inherits another's memory. `tls`: certificate and key."""
        self._end_service()
        self._service = Service(self.directory, tls=tls, options=options)
        return self._service

    def _end_service(self):
        if self._service:
            self._service.stop()
            self._service = None

    def record(self, name, run, measure):
        """Measures once and keeps the row; what fails is kept as what it said."""
        try:
            row = measure()
        except (RuntimeError, OSError, subprocess.SubprocessError) as why:
            row = {"failed": str(why)}
        finally:
            self._end_service()
            machine.end_all()
        full = {"scenario": self.scenario, "name": name, "run": run, **row}
        self.rows.append(full)
        self._raw.write(json.dumps(full) + "\n")
        self._raw.flush()
        print(f"  {self.scenario:12} {name:28} " + "  ".join(
            f"{key}={value}" for key, value in row.items()), file=sys.stderr, flush=True)
        return None if "failed" in row else full

    def leave_out(self, why):
        self.left_out[self.scenario] = why


def parse_arguments(words):
    parser = argparse.ArgumentParser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures lastcall side by side with what a user would pick instead, in one session.",
        epilog="Scenarios: " + ", ".join(SCENARIOS))
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="those to run; all unless named")
    parser.add_argument("--quick", action="store_true",
                        help="instructions a message, against the figure that is kept, and nothing else: under 3 minutes")
    parser.add_argument("--order", action="store_true",
                        help="write down anew which functions a worker runs, for the linker, then end")
    parser.add_argument("--keep", action="store_true", help="with --quick: keep what was counted as the new figure")
    parser.add_argument("--workers", nargs="*", default=[], metavar="WORD",
                        help="only workers with one of these words in their names")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="of each measurement (5)")
    parser.add_argument("--window", type=float, default=3.0, metavar="S", help="seconds that are measured (3)")
    parser.add_argument("--stop-runs", type=int, default=50, metavar="N",
                        help="SIGTERMs to lastcall (50)")
    parser.add_argument("--peer-stop-runs", type=int, default=20, metavar="N", help="and to each of the others (20)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench", metavar="DIRECTORY")
    parser.add_argument("--install-peers", action="store_true", help="install the other workers, then end")
    arguments = parser.parse_args(words)
    unknown = [word for word in arguments.scenarios if word not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    return arguments


def main(words):
    arguments = parse_arguments(words)
    if arguments.install_peers:
        return subprocess.run([contestants.HERE / "peers" / "install", contestants.PEERS]).returncode
    arguments.out = arguments.out.resolve()
    arguments.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments.order:
            return instructions.write_order(arguments.out)
        if arguments.quick:
            return instructions.check(arguments.out, arguments.keep)
        os.sched_setaffinity(0, {HARNESS_CORE})
        session = {"when": datetime.date.today().isoformat(), "command": "scripts/bench " + " ".join(words),
                   "machine": machine.description(), "versions": contestants.versions()}
        bench = Bench(arguments, arguments.out)
        for name in arguments.scenarios or SCENARIOS:
            bench.scenario = name
            SCENARIOS[name](bench)
            report.write(arguments.out, session, bench)  # what is there by now, should the rest not come
        print((arguments.out / "results.md").read_text())
    finally:
        machine.end_all(shared=True)
    return 1 if any("failed" in row for row in bench.rows if row["name"].startswith("lastcall")) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
