"""The tables (results.md) and the pictures of a session, from its rows."""

import statistics

import picture

TITLES = {
    "drain": ("Empty jobs", ("per_s", "cpu_us", "server_cpu_us")),
    "jobs-50ms": ("Jobs of 50 ms, 256 at once", ("per_s", "cpu_us", "core_used")),
    "concurrency": ("Jobs of 50 ms at rising concurrency", ("per_s", "of_ideal", "cpu_us")),
    "requests": ("Requests and connections, empty jobs", ("requests_per_message", "connections", "messages")),
    "latency": ("Jobs of 50 ms, 256 at once, with latency added to each round trip",
                ("per_s", "requests_per_message", "connections")),
    "tls": ("TLS", ("per_s", "cpu_us")),
    "fifo": ("FIFO, ten groups, empty jobs", ("per_s", "cpu_us")),
    "threads": ("Loops", ("per_s", "cpu_us")),
    "in-flight": ("Jobs in flight, bodies of 1 KiB",
                  ("empty_mib", "full_mib", "kib_per_job", "came_again", "visible_again", "extending_cpu_per_s")),
    "idle": ("Idle, 256 slots, 30 s", ("cpu_ms", "rss_mib")),
    "start": ("From the start of the process to its first job", ("ms",)),
    "stop-trickle": ("SIGTERM under a trickle", ("cut", "stranded", "doubled", "lost", "exit_ms", "after_last_job_ms")),
    "stop-backlog": ("SIGTERM in a backlog", ("cut", "stranded", "doubled", "lost", "exit_ms", "after_last_job_ms")),
    "exec": ("A command a message, /bin/true, 8 at once", ("per_s", "cpu_us")),
    "http": ("A POST a message, 64 at once", ("per_s", "cpu_us")),
    "email": ("Emails to smtp-sink", ("per_s", "cpu_us")),
    "server": ("The server: send batch → receive → delete batch",
               ("per_s", "server_cpu_us", "first_answer_ms", "million_mib", "idle_cpu_ms")),
}
LABELS = {
    "per_s": "messages/s", "cpu_us": "CPU µs/message", "server_cpu_us": "server CPU µs/message",
    "core_used": "share of a core", "of_ideal": "of concurrency ÷ job time", "requests_per_message": "requests/message",
    "connections": "connections", "messages": "messages", "empty_mib": "MiB at first", "full_mib": "MiB",
    "kib_per_job": "KiB a job", "came_again": "came again", "visible_again": "visible again",
    "extending_cpu_per_s": "cores to extend", "cpu_ms": "CPU ms", "rss_mib": "MiB", "ms": "ms", "cut": "jobs cut",
    "stranded": "messages stranded", "doubled": "messages doubled", "lost": "messages lost",
    "exit_ms": "SIGTERM → exit, ms", "after_last_job_ms": "last job → exit, ms",
    "first_answer_ms": "start → first answer, ms", "million_mib": "MiB with a million messages",
    "idle_cpu_ms": "idle CPU ms in 10 s"}
#: Of these the sum over all runs is what matters, and in how many runs it happened.
SUMS = {"cut", "stranded", "doubled", "lost", "came_again", "visible_again"}


def shown(value):
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def values(rows, key):
    return [row[key] for row in rows if row.get(key) is not None]


def cell(rows, key):
    found = values(rows, key)
    if not found:
        return "–"
    if key in SUMS:
        runs = sum(1 for value in found if value)
        return f"{sum(found):,} in {runs} of {len(found)} runs" if runs else f"0 of {len(found)} runs"
    middle = statistics.median(found)
    if len(found) == 1 or min(found) == max(found):
        return shown(middle)
    return f"{shown(middle)} ({shown(min(found))}–{shown(max(found))})"


def grouped(rows):
    groups = {}
    for row in rows:
        groups.setdefault(row["name"], []).append(row)
    return groups


def table(scenario, rows, reference):
    title, keys = TITLES[scenario]
    groups = grouped(rows)
    keys = [key for key in keys if any(values(of, key) for of in groups.values())]
    floor = values(groups.get(reference, []), "cpu_us")
    ratio = "cpu_us" in keys and floor
    lines = [f"### {title}", "", "| | runs | " + " | ".join(LABELS[key] for key in keys) +
             (" | × the full floor" if ratio else "") + " |", "|---|---" + "|---" * (len(keys) + bool(ratio)) + "|"]
    for name, of in groups.items():
        good = [row for row in of if "failed" not in row]
        cells = [cell(good, key) for key in keys]
        if ratio:
            own = values(good, "cpu_us")
            cells.append(shown(statistics.median(own) / statistics.median(floor)) if own else "–")
        note = f" ({len(of) - len(good)} failed: {of[-1].get('failed', '')[:80]})" if len(good) < len(of) else ""
        lines.append(f"| {name}{note} | {len(good)} | " + " | ".join(cells) + " |")
    return lines + [""]


def write(directory, session, bench):
    lines = ["# Results", "", f"`{session['command'].strip()}`, {session['when']}: medians, and (least–most) of the runs.",
             "", "| | |", "|---|---|"]
    lines += [f"| {key.replace('_', ' ')} | {value} |" for key, value in (session["machine"] | session["versions"]).items()]
    lines.append("")
    by_scenario = {}
    for row in bench.rows:
        by_scenario.setdefault(row["scenario"], []).append(row)
    floor_rows = [row | {"name": "floor, full"} for row in by_scenario.get("drain", []) if row["name"] == "floor, full"]
    for scenario, rows in by_scenario.items():
        extra = floor_rows if scenario in ("jobs-50ms", "fifo") else []
        lines += table(scenario, rows + extra, "floor, full")
    if bench.left_out:
        lines += ["### Not measured", ""] + [f"- {what}: {why}" for what, why in bench.left_out.items()] + [""]
    (directory / "results.md").write_text("\n".join(lines))
    pictures(directory, by_scenario)


def medians(rows, key):
    return {name: statistics.median(found) for name, of in grouped(rows).items() if (found := values(of, key))}


def pictures(directory, by_scenario):
    if cpu := medians(by_scenario.get("drain", []), "cpu_us"):
        picture.bars(directory / "cpu.svg", "CPU a message, empty jobs", "µs, logarithmic", cpu)
    curves = {}
    for row in by_scenario.get("concurrency", []):
        if "per_s" in row:
            curves.setdefault(row["who"], {}).setdefault(row["concurrency"], []).append(row["per_s"])
    if curves:
        points = {who: sorted((x, statistics.median(ys)) for x, ys in of.items()) for who, of in curves.items()}
        xs = sorted({x for of in points.values() for x, _ in of})
        picture.lines(directory / "concurrency.svg", "Throughput, jobs of 50 ms", "concurrency", "messages/s",
                      points | {"ideal": [(x, x / 0.05) for x in xs]})
    memory = {}
    for row in by_scenario.get("in-flight", []):
        if "full_mib" in row:
            memory.setdefault(row["who"], {}).setdefault(row["in_flight"], []).append(row["full_mib"])
    if memory:
        picture.lines(directory / "memory.svg", "Memory with jobs in flight", "jobs in flight", "MiB",
                      {who: sorted((x, statistics.median(ys)) for x, ys in of.items()) for who, of in memory.items()})
    exits = {name: statistics.median(found) for name, of in grouped(by_scenario.get("stop-trickle", [])).items()
             if (found := values(of, "exit_ms"))}
    if exits:
        stranded = {name: sum(values(of, "stranded")) / len(of)
                    for name, of in grouped(by_scenario["stop-trickle"]).items()}
        picture.bars(directory / "exits.svg", "SIGTERM to exit under a trickle", "ms, logarithmic", exits,
                     {name: f"{stranded[name]:.3g} stranded a stop" for name in exits})
