"""The mutations of src/worker: each breaks one safety rule, and the simulator must notice it.

    mutations.py generate SOURCE_DIR OUTPUT_DIR    writes the mutated sources: all mutations in one program,
                                                   each behind a switch (simulation/mutant.hpp)
    mutations.py list                              number, promise and name, a line each

An edit names a file of src/worker, a text that must be there exactly once, and what replaces it while the mutation is
on; then, where more text was needed to make it the only one, what of that text comes after and before the changed
part. The kind says how the switch is woven in: `expression` and `statement` speak for
themselves; in `raw` the replacement stands in any case and asks MUTANT itself. A text that is not found is an
error: whoever changes the rule changes its mutation.
"""

import pathlib
import sys

MESSAGE, INTAKE, SHARD = "shard_worker_message.cpp", "shard_worker_intake.cpp", "shard_worker.cpp"

# (promise, name, [(kind, file, text, replacement), …])
MUTATIONS = [
    (3, "start late messages", [
        ("expression", INTAKE, "is_draining() || !came_in_time", "!came_in_time")]),
    (3, "release before the last poll has closed", [
        ("expression", MESSAGE, "!is_draining() || all_polls_closed_ || polls_given_up_", "true")]),
    (3, "ask for room once, then repeat a release whatever is open", [
        ("expression", MESSAGE, "!may_release()", "tries == 0 && !may_release()")]),
    (3, "release into a receive that was given up", [
        ("expression", MESSAGE, "is_draining() ? std::max(rest, receives_linger_for(now)) : rest", "rest")]),
    (3, "forget that other shards ask again", [
        ("expression", MESSAGE, "!all_polls_closed_ && shard_.queue.is_fifo()", "false")]),
    (3, "give a settlement up while there is time for another try", [
        ("expression", "settler.cpp", "end_at_ - shard_.clock.now() < too_little",
         "shard_.clock.now() + between_tries.base >= end_at_")]),
    (3, "rest on when the drain begins", [("statement", "settler.cpp", "pausing->notify();", ";")]),
    (3, "release without waiting for the extension under way", [
        ("statement", "keeper.cpp", "if (d.lease.is_asking()) co_await next_answer(d);", "")]),
    (3, "receive while closing", [("statement", "pollers.cpp", "closing_ = true;", "")]),
    (3, "receive while quiet", [
        ("expression", "pollers.cpp", "quiet_ || room().quota() == 0) {\n", "room().quota() == 0", ") {\n"),
        ("expression", "pollers.cpp", "closing_ || quiet_ || room().quota() == 0", "closing_ || room().quota() == 0")]),
    (3, "ask again with another attempt id", [
        ("expression", "pollers.cpp", "shard_.queue.is_fifo() && l.attempt_id.empty()", "shard_.queue.is_fifo()")]),
    (3, "wait longer than the grace period allows", [
        ("expression", "drain.cpp", "std::clamp<std::chrono::seconds>(room, 0s, std::min(o.wait, o.visibility / 2))",
         "std::min(o.wait, o.visibility / 2)")]),
    (3, "keep the message of a job that is given up", [("statement", SHARD, "put_back(held_.at(d.id), 0s);", "")]),
    (3, "abort open polls at the signal", [
        ("expression", SHARD, "shard_.options.abort_idle_polls", "true")]),
    (3, "count what is asked for again from the first receive", [
        ("raw", "pollers.cpp", "asked_at = shard_.clock.now();\n      count_unanswered",
         "if (!(MUTANT)) asked_at = shard_.clock.now();\n      count_unanswered")]),
    (3, "leave what waits for its turn in a group until the end", [
        ("statement", SHARD, "d->turn.set(false);", ";")]),
    (3, "forget the flush of a batch that is not full", [
        ("expression", "settler.cpp",
         "way.waiting.size() >= batch_limit || (!way.waiting.empty() && now >= way.oldest + linger_)",
         "way.waiting.size() >= batch_limit")]),
    (3, "ignore a failed entry of a batch", [
        ("statement", "settler.cpp", "batch[i].told->set(std::move(failures[i]));",
         "batch[i].told->set(std::nullopt);")]),
    (3, "count a job out before its delete was answered", [
        ("raw", MESSAGE, "d->now = delivery::phase::settling;",
         "d->now = delivery::phase::settling;\n    if (MUTANT) d->inside.leave();")]),
    (2, "delete before the job has ended", [
        ("raw", MESSAGE, "start(*d);", "start(*d);\n    if (MUTANT) co_await settler_.remove(*d);")]),
    (2, "delete whatever the outcome is", [
        ("expression", MESSAGE, "o.what == outcome::kind::done) {\n      const settlement", "true",
         ") {\n      const settlement")]),
    (1, "work on a message that does not fit its MD5", [
        ("raw", INTAKE, "std::unordered_set<std::string> held_back;",
         "std::unordered_set<std::string> held_back;\n  if (MUTANT) {\n    for (message& m : answer.corrupt)\n"
         "      answer.messages.push_back(std::move(m));\n    answer.corrupt.clear();\n  }")]),
    (4, "cut as soon as it is told to stop", [
        ("expression", "drain.cpp", "view.jobs != 0 && (view.pressed || now >= budget_.cut_at)", "true")]),
    (4, "skip the reserve", [("expression", "drain.cpp", "gone_at - reserve_,", "gone_at", ",")]),
    (4, "cut without telling", [
        ("statement", SHARD, "d->stop(stop_reason::draining, deadline);", "static_cast<void>(deadline);")]),
    (4, "tell of a lost lease half-way", [
        ("expression", "lease.hpp", "ends_at_ - terms_.notice()", "ends_at_ - terms_.visibility / 3")]),
    (4, "give a job up before its time to save is over", [
        ("expression", SHARD, "now >= machine_.budget().jobs_give_up_at", "true")]),
    (5, "stop extensions at the signal", [
        ("statement", SHARD, "keeper_.end_by(machine_.budget().end_at);", "keeper_.stop();")]),
    (5, "tell of a lost lease only when it is over", [
        ("expression", "lease.hpp", "ends_at_ - terms_.notice()", "ends_at_")]),
    (5, "extend a lost lease", [
        ("expression", "keeper.cpp", "d.lease.what_is_due(std::max(now, d.planned_at))",
         "d.lease.is_asking() ? d.lease.what_is_due(std::max(now, d.planned_at)) : lease::due::extension")]),
    # Either of two rules is enough: an answer is not waited for so long, and does not count.
    (5, "let an answer revive a lost lease", [
        ("expression", "keeper.cpp", "std::min({asked_at + answer_timeout, until, end_at_})",
         "std::min(asked_at + answer_timeout, end_at_)"),
        ("expression", "lease.cpp", "state_ != state::asking || now >= lost_at()) {", "false", ") {")]),
    (5, "do not tell of a lost lease", [
        ("statement", "keeper.cpp",
         "d.stop(stop_reason::lease_lost, std::max(now, d.lease.ends_at()) + shard_.options.reserve);", "")]),
    (5, "delete after the lease was lost", [
        ("statement", "settler.cpp",
         "if (!d.lease.is_proven(shard_.clock.now())) co_return settlement::gone;\n    reply", "",
         "\n    reply")]),
    (5, "start what came too late", [
        ("expression", INTAKE, "const bool came_in_time = d->lease.is_proven(shard_.clock.now());", "true", ";",
         "const bool came_in_time = "),
        ("expression", MESSAGE, "may_start && d->lease.is_proven(shard_.clock.now())", "may_start")]),
    (5, "count a lease from the answer", [
        ("expression", "keeper.cpp", "d.lease.confirmed(now, asked_at,", "now", ",", "d.lease.confirmed(now, ")]),
    (6, "rest long before the first repetition", [
        ("expression", "settler.cpp", "between_tries.wait(tries, shard_.random.unit())",
         "between_tries.wait(9, shard_.random.unit())")]),
    (6, "do not say that the polls have closed", [("statement", SHARD, "owner_.polls_closed();", ";")]),
    (6, "wait for every extension at the end", [
        ("statement", "keeper.cpp", "cancel->emit(asio::cancellation_type::terminal);", ";")]),
    (6, "wait for what is asked again at the end", [
        ("statement", SHARD, "pollers_.abort();  // what is asked again on a FIFO queue can't be waited for any longer",
         "")]),
    (7, "start the next of a group after a failure", [
        ("expression", MESSAGE, "next->turn.set(deleted)", "true", ")", "next->turn.set(")]),
    (7, "start the whole group at once", [("statement", INTAKE, "d->has_predecessor = true;", "")]),
    (7, "pass a group over a message that does not fit its MD5", [
        ("statement", INTAKE, "held_back.insert(m.group_id);", ";")]),
    (9, "settle a job twice that was given up", [
        ("expression", MESSAGE, "d->now == delivery::phase::given_up", "false")]),
    (9, "book a release as a delete", [
        ("statement", MESSAGE, "shard_.books.released(d.id);", "shard_.books.deleted(d.id);")]),
    (9, "count a delete that was confirmed too late", [
        ("expression", "settler.cpp", "way.removes ? d.lease.try_until(now) : steady_time::max()", "steady_time::max()"),
        ("expression", "settler.cpp", "so_far == settlement::done && !d.lease.is_proven(shard_.clock.now())", "false")]),
    (9, "take an extension that comes after the delete for a lost lease", [
        ("expression", "keeper.cpp", "final && !d.delete_sent", "final")]),
    (9, "do not count late messages", [("expression", INTAKE, "d->is_late = is_draining()", "false", "", "d->is_late = ")]),
    (10, "ask for ten, whatever is free", [
        ("expression", "intake.hpp", "std::min(concurrency - taken, most)", "most")]),
    (10, "reserve nothing for open receives", [("statement", "pollers.cpp", "i.reserved = reserved_;", ";")]),
    (10, "do not bound what is being settled", [
        ("expression", "intake.hpp", "settling >= concurrency + most", "false")]),
]


def woven(number, edit):
    """The text that takes the place of the edit's: the original, and the mutation behind its switch."""
    kind, _, text, replacement, after, before = (*edit, "", "")[:6]
    on = f"::lastcall::simulation::is_mutant({number})"
    if kind == "raw":
        return replacement.replace("MUTANT", on)
    original = text.removeprefix(before).removesuffix(after)
    if kind == "expression":
        return f"{before}({on} ? ({replacement}) : ({original})){after}"
    return f"if ({on}) {{ {replacement} }} else {{ {original}\n }}{after}"


def generate(source, output):
    texts = {}
    for number, (_, name, edits) in enumerate(MUTATIONS, 1):
        for edit in edits:
            path = source / edit[1]
            text = texts.get(path) or path.read_text()
            if text.count(edit[2]) != 1:
                sys.exit(f"mutation '{name}': {edit[1]} has this {text.count(edit[2])} times, not once: {edit[2]!r}")
            texts[path] = text.replace(edit[2], woven(number, edit))
    output.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.?pp")):
        text = texts.get(path) or path.read_text()
        head = "#pragma once\n" if path.suffix == ".hpp" else ""
        text = f'{head}#include "simulation/mutant.hpp"\n#line 1 "{path}"\n' + text.replace("#pragma once", "", 1)
        target = output / path.name
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["generate"]:
        generate(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    else:
        for number, (promise, name, _) in enumerate(MUTATIONS, 1):
            print(number, promise, name)
