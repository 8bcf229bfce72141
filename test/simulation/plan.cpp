#include "simulation/plan.hpp"

#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::simulation {

using namespace std::chrono_literals;

namespace {

/// Off in most runs; where it is on, from rare to often.
double rate(dice& d, double intensity, double most) {
  if (!d.happens(intensity)) return 0;
  return most * d.unit() * d.unit();
}

fault_plan draw_faults(dice& d, std::chrono::nanoseconds horizon) {
  fault_plan f;
  f.latency_least = d.happens(0.3) ? 0ns : d.spread(100us, 20ms);
  f.latency_most = f.latency_least + d.spread(100us, 200ms);
  constexpr double intensities[] = {0.0, 0.1, 0.1, 0.3, 0.6};
  const double intensity = d.one_of(intensities);
  if (d.happens(intensity)) {
    f.slow = d.unit() * 0.3;
    f.slow_most = d.spread(1s, 90s);
  }
  f.request_lost = rate(d, intensity, 0.3);
  f.request_reset = rate(d, intensity, 0.5);
  f.answer_lost = rate(d, intensity, 0.4);
  f.answer_reset = rate(d, intensity, 0.5);
  f.throttled = rate(d, intensity, 0.6);
  f.failing = rate(d, intensity, 0.6);
  f.expired = rate(d, intensity, 0.3);
  f.over_limit = rate(d, intensity, 0.5);
  f.partial = rate(d, intensity, 0.6);
  f.partial_done = rate(d, intensity, 0.4);
  f.corrupt = rate(d, intensity, 0.3);
  f.duplicates = rate(d, intensity, 1.0);
  f.reorder = d.happens(0.3);
  f.ghosts = d.happens(intensity);
  if (d.happens(intensity)) {
    const auto from = d.between(0ns, horizon);
    f.outages.push_back({from, from + d.spread(1s, 5min), d.happens(0.5)});
  }
  return f;
}

/// Many short jobs, as fast as they go: what piles up behind a service that does not follow.
void draw_backlog(dice& d, plan& p) {
  constexpr std::size_t messages = 50;
  if (!p.fifo) p.messages.resize(std::max(messages, p.messages.size()));
  for (message_plan& m : p.messages) {
    m.sent_at = 0ns;
    m.job = {.what = job_plan::kind::works, .length = d.spread(1ms, 100ms)};
  }
  for (process_plan& w : p.processes)
    w.options.concurrency = d.between(1, 4);
}

/// From dice of its own: the runs of seeds that were drawn before there was this fault stay what they were.
void draw_refusal(plan& p) {
  dice d(p.seed ^ 0x2ef0);
  if (!d.happens(0.08)) return;
  const auto from = d.happens(0.5) ? 0ns : d.between(0ns, p.horizon / 2);
  p.faults.refusing = fault_plan::refusal{from, from + d.spread(5s, 5min), d.happens(0.7)};
  if (d.happens(0.5)) draw_backlog(d, p);
}

job_plan draw_job(dice& d, std::chrono::nanoseconds horizon, const worker::options& o) {
  job_plan j;
  const std::size_t kind = d.below(10);
  if (kind >= 8) j.what = job_plan::kind::saves;
  if (kind == 7) j.what = job_plan::kind::finishes;
  switch (d.below(8)) {
    case 0:
      break;  // ends at once
    case 1:
    case 2:
    case 3:
      j.length = d.spread(1ms, 2s);
      break;
    case 4:
    case 5:
      j.length = d.spread(1s, 30s);
      break;
    case 6:
      j.length = d.spread(1s, std::max<std::chrono::nanoseconds>(2s, horizon * 2));
      break;
    default:
      j.length = d.happens(0.3) ? std::chrono::nanoseconds(24h * 365) : d.spread(10s, 10min);
  }
  // What it takes to save fits the reserve, mostly.
  if (j.what == job_plan::kind::saves) j.save = d.between(0ns, o.reserve * (d.happens(0.2) ? 2 : 1));
  if (d.happens(0.25)) {
    j.failures = static_cast<unsigned>(d.happens(0.1) ? 1000 : d.between(1, 3));
    j.how = static_cast<job_plan::failure>(d.below(4));
  }
  return j;
}

/// Hours are about the limit of a lease. What idle polls and quick repetitions do is seen in all other runs, and would
/// cost more than they here.
void be_patient(worker::options& o, std::size_t tens_of_minutes) {
  o.visibility = std::chrono::seconds(600 * tens_of_minutes);
  o.wait = 20s;
  o.pollers = 1;
  o.retry = {1min, 15min};
  if (o.job_timeout > 0s) o.job_timeout = std::max<std::chrono::nanoseconds>(o.job_timeout * 60, 10min);
}

worker::options draw_options(dice& d, std::chrono::nanoseconds horizon) {
  worker::options o;
  o.concurrency = d.happens(0.3) ? d.between(1, 3) : d.between(1, 25);
  o.pollers = d.between(1, d.happens(0.2) ? 4 : 2);
  constexpr int waits_s[] = {0, 1, 2, 5, 20, 20, 20};
  o.wait = std::chrono::seconds(d.one_of(waits_s));
  constexpr int visibilities_s[] = {2, 3, 5, 10, 30, 60, 60, 120};
  o.visibility = std::chrono::seconds(d.one_of(visibilities_s));
  o.grace = d.happens(0.3) ? d.spread(500ms, 10s) : d.happens(0.5) ? 30s : d.spread(5s, 10min);
  o.reserve = d.spread(std::min<std::chrono::nanoseconds>(100ms, o.grace / 4), o.grace / 2);
  if (d.happens(0.2)) o.job_timeout = d.spread(500ms, 60s);
  o.retry = {d.spread(100ms, 2s), d.spread(2s, 2min)};
  o.drain_when_empty = d.happens(0.1);
  o.abort_idle_polls = d.happens(0.15);
  if (horizon > 1h) be_patient(o, d.between(1, 60));
  return o;
}

std::vector<event_plan> draw_events(dice& d, std::chrono::nanoseconds starts_at,
                                    std::chrono::nanoseconds horizon, const worker::options& o) {
  std::vector<event_plan> events;
  const auto add = [&](event_plan::kind what, std::chrono::nanoseconds at) {
    event_plan& e = events.emplace_back(event_plan{what, at, {}});
    if (d.happens(0.3)) e.at_step = d.between(1, d.happens(0.5) ? 60 : 600);
  };
  if (d.happens(0.1)) add(event_plan::kind::quiet, d.between(starts_at, horizon));
  if (d.happens(0.2)) add(event_plan::kind::wall_step, d.between(starts_at, horizon));
  if (d.happens(0.2)) add(event_plan::kind::kill, d.between(starts_at, horizon + o.grace));
  if (d.happens(0.8)) {
    const auto first = d.between(starts_at, horizon);
    add(event_plan::kind::signal, first);
    if (d.happens(0.25)) {
      add(event_plan::kind::signal, d.between(first, first + o.grace));
      if (d.happens(0.3)) add(event_plan::kind::signal, d.between(first, first + o.grace));
    }
  }
  return events;
}

}  // namespace

bool fault_plan::all_is_well() const noexcept {
  const double sum = slow + request_lost + request_reset + answer_lost + answer_reset + throttled + failing +
                     expired + over_limit + partial + partial_done;
  return sum == 0 && outages.empty() && !refusing && !bytes.any();
}

plan draw(std::uint64_t seed) {
  dice d(seed);
  plan p;
  p.seed = seed;
  p.fifo = d.happens(0.4);
  p.keep_order = d.happens(0.5);
  if (d.happens(0.5)) p.most_receives = static_cast<unsigned>(d.between(1, 10));
  p.horizon = d.happens(0.01) ? d.spread(1h, 14h) : d.spread(1s, d.happens(0.2) ? 5min : 60s);
  if (d.happens(0.3)) p.attempts = 1;
  p.faults = draw_faults(d, p.horizon);
  const worker::options common = draw_options(d, p.horizon);
  const std::size_t count = d.happens(0.2) ? d.between(20, 60) : d.between(1, 15);
  const std::size_t groups = d.between(1, 4);
  const bool all_at_once = d.happens(0.5);
  std::vector<std::chrono::nanoseconds> times(count);
  for (std::chrono::nanoseconds& at : times)
    at = all_at_once || d.happens(0.3) ? 0ns : d.between(0ns, p.horizon);
  std::ranges::sort(times);
  for (const std::chrono::nanoseconds at : times) {
    message_plan m;
    m.sent_at = at;
    if (p.fifo) m.group = std::string(1, static_cast<char>('a' + d.below(groups)));
    m.job = draw_job(d, p.horizon, common);
    p.messages.push_back(std::move(m));
  }
  const std::size_t processes = d.between(1, 3);
  const bool alike = d.happens(0.7);
  for (std::size_t i = 0; i < processes; ++i) {
    process_plan w;
    w.options = alike ? common : draw_options(d, p.horizon);
    w.shards = d.happens(0.15) ? 2 : 1;
    w.starts_at = i == 0 ? 0ns : d.between(0ns, p.horizon);
    w.events = draw_events(d, w.starts_at, p.horizon, w.options);
    w.seed = d.next();
    p.processes.push_back(std::move(w));
  }
  draw_refusal(p);
  return p;
}

plan draw_bytes(std::uint64_t seed) {
  plan p = draw(seed);
  p.faults.bytes = draw_byte_faults(seed);
  return p;
}

std::string describe(const plan& p) {
  const fault_plan& f = p.faults;
  std::string text =
      fmt::format("seed {}: {} queue, {} messages, {} processes, horizon {}, steps in {} order\n", p.seed,
                  p.fifo ? "FIFO" : "standard", p.messages.size(), p.processes.size(),
                  format_duration(p.horizon), p.keep_order ? "strand" : "any");
  text += fmt::format("faults: latency {}..{}", format_duration(f.latency_least),
                      format_duration(f.latency_most));
  const auto add = [&](const char* name, double value) {
    if (value > 0) text += fmt::format(", {} {:.3f}", name, value);
  };
  add("slow", f.slow);
  if (f.slow > 0) text += fmt::format(" up to {}", format_duration(f.slow_most));
  add("request lost", f.request_lost);
  add("request reset", f.request_reset);
  add("answer lost", f.answer_lost);
  add("answer reset", f.answer_reset);
  add("throttled", f.throttled);
  add("failing", f.failing);
  add("expired", f.expired);
  add("over limit", f.over_limit);
  add("partial", f.partial);
  add("partial done", f.partial_done);
  add("corrupt", f.corrupt);
  add("duplicates", f.duplicates);
  if (f.reorder) text += ", reorder";
  if (f.ghosts) text += ", ghosts";
  for (const fault_plan::outage& o : f.outages)
    text += fmt::format(", outage {}..{}", format_duration(o.from), format_duration(o.to));
  if (f.refusing)
    text += fmt::format(", no {} {}..{}", f.refusing->of_deletes ? "deletes" : "changes of visibility",
                        format_duration(f.refusing->from), format_duration(f.refusing->to));
  text += "\n";
  for (std::size_t i = 0; i < p.processes.size(); ++i) {
    const worker::options& o = p.processes[i].options;
    text += fmt::format(
        "worker {}: shards {}, concurrency {}, pollers {}, wait {}, visibility {}, grace {}, reserve {}, job "
        "timeout {}{}{}\n",
        i + 1, p.processes[i].shards, o.concurrency, o.pollers, format_duration(o.wait),
        format_duration(o.visibility), format_duration(o.grace), format_duration(o.reserve),
        format_duration(o.job_timeout), o.drain_when_empty ? ", drain when empty" : "",
        o.abort_idle_polls ? ", abort idle polls" : "");
  }
  return text;
}

}  // namespace lastcall::simulation
