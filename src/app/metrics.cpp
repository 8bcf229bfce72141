#include "app/metrics.hpp"

#include "base/exposition.hpp"

#include <array>
#include <cstdio>

namespace lastcall::app {
namespace {

std::string in_seconds(std::chrono::nanoseconds t) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>(t).count());
  return text.data();
}

void counters(exposition& to, const worker::totals& sums) {
  to.family("lastcall_messages_received_total", "counter", "Messages received.");
  to.sample({}, sums.received);
  to.family("lastcall_messages_settled_total", "counter",
            "Messages by how they left this process: deleted, released, or lost to a lease that ended.");
  to.sample({{"how", "deleted"}}, sums.deleted);
  to.sample({{"how", "released"}}, sums.released);
  to.sample({{"how", "lost"}}, sums.lost);
  to.family("lastcall_messages_late_total", "counter", "Messages that came after the drain had begun.");
  to.sample({}, sums.late);
  to.family("lastcall_messages_corrupt_total", "counter", "Messages whose content did not fit its checksum.");
  to.sample({}, sums.corrupt);
  to.family("lastcall_jobs_total", "counter", "Jobs by outcome.");
  to.sample({{"outcome", "done"}}, sums.jobs_done);
  to.sample({{"outcome", "failed"}}, sums.jobs_failed);
  to.sample({{"outcome", "retried"}}, sums.jobs_retried);
  to.sample({{"outcome", "cut"}}, sums.jobs_cut);
  to.sample({{"outcome", "lost"}}, sums.jobs_lost);
  to.family("lastcall_extensions_total", "counter", "Visibility extensions that SQS has confirmed.");
  to.sample({}, sums.extended);
  to.family("lastcall_polls_total", "counter", "Receives by result.");
  to.sample({{"result", "answered"}}, sums.polls);
  to.sample({{"result", "failed"}}, sums.polls_failed);
  to.sample({{"result", "aborted"}}, sums.polls_aborted);
}

void histograms(exposition& to, const worker::timings& times) {
  to.family("lastcall_job_duration_seconds", "histogram", "How long jobs ran, by outcome.");
  to.histogram({{"outcome", "done"}}, times.jobs_done);
  to.histogram({{"outcome", "failed"}}, times.jobs_failed);
  to.histogram({{"outcome", "retried"}}, times.jobs_retried);
  to.histogram({{"outcome", "cut"}}, times.jobs_cut);
  to.histogram({{"outcome", "lost"}}, times.jobs_lost);
  to.family("lastcall_message_age_seconds", "histogram",
            "How long ago a message was sent when its job began, at its first delivery and at later ones.");
  to.histogram({{"delivery", "first"}}, times.age_at_first_start);
  to.histogram({{"delivery", "later"}}, times.age_at_later_start);
}

void gauges(exposition& to, const worker_status& s) {
  using worker::drain_state;
  to.family("lastcall_jobs_running", "gauge", "Jobs that run now.");
  to.sample({}, s.jobs_running);
  to.family("lastcall_messages_held", "gauge", "Messages leased to this process now.");
  to.sample({}, s.held);
  to.family("lastcall_poll_silence_seconds", "gauge",
            "How long ago the poll loop that is furthest behind made progress.");
  to.sample({}, in_seconds(s.poll_silence));
  to.family("lastcall_ready", "gauge", "1 while messages are received.");
  to.sample({}, s.ready ? 1U : 0U);
  to.family("lastcall_state", "gauge", "1 for the state of the drain that the worker is in.");
  for (const drain_state state : {drain_state::running, drain_state::closing, drain_state::finishing,
                                  drain_state::cutting, drain_state::stopped})
    to.sample({{"state", name_of(state)}}, s.state == state ? 1U : 0U);
}

}  // namespace

std::string metrics_text(const worker_status& s) {
  exposition all;
  all.family("lastcall_build_info", "gauge", "1, with the version.");
  all.sample({{"version", LASTCALL_VERSION}}, 1U);
  counters(all, s.sums);
  histograms(all, s.times);
  gauges(all, s);
  return all.take();
}

}  // namespace lastcall::app
