"""Runs every mutation of the worker under the simulator and prints the table. See scripts/mutate."""

import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mutations import MUTATIONS  # noqa: E402

MOST_SEEDS = 60000
CLEAN_SEEDS = 2000  # of the worker itself; the step simulate runs many more
TIMEOUT_S = 300
CAUGHT = re.compile(r"^seed (\d+): promise (\d+) broken: (.*)$", re.M)
ABORTED = re.compile(r"aborted at seed (\d+)")
ASSERTION = re.compile(r"Assertion `(.*)' failed")


def verdict(program, number, seeds=MOST_SEEDS):
    """(seeds until it was caught, by what), or (None, why not)."""
    try:
        ran = subprocess.run([program, "--mutant", str(number), "--seeds", f"1..{seeds}", "--failures", "1"],
                             capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return None, f"not caught in {TIMEOUT_S} s"
    if found := CAUGHT.search(ran.stdout):
        return int(found[1]), f"promise {found[2]}: {found[3]}"
    if found := ABORTED.search(ran.stderr):
        assertion = ASSERTION.search(ran.stderr)
        return int(found[1]), f"assertion: {assertion[1]}" if assertion else "abort"
    if ran.returncode < 0:
        return 0, f"signal {-ran.returncode}"
    return None, f"survived {seeds} seeds"


def main(program, words):
    chosen = [(number, promise, name) for number, (promise, name, _) in enumerate(MUTATIONS, 1) if words in name]
    clean, text = verdict(program, 0, CLEAN_SEEDS) if not words else (None, "")
    if clean is not None:
        print(f"the worker itself fails: seed {clean}, {text}")
        return 1
    width = max(len(name) for _, _, name in chosen)
    print(f"{'mutation':{width}}  breaks  seeds  caught by")
    survivors = 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for (_, promise, name), (seeds, text) in zip(chosen, pool.map(lambda m: verdict(program, m[0]), chosen)):
            survivors += seeds is None
            print(f"{name:{width}}  {promise:6}  {seeds if seeds is not None else '—':>5}  {text[:110]}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} mutations caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], " ".join(sys.argv[2:])))
