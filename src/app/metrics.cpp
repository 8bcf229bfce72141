#include "app/metrics.hpp"

#include <array>
#include <cstdio>

namespace lastcall::app {
namespace {

class exposition {
 public:
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(const std::string& labels, const std::string& value) {
    text_.append(name_).append(labels).append(" ").append(value).append("\n");
  }
  void sample(const std::string& labels, std::uint64_t value) { sample(labels, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  const char* name_{};
  std::string text_;
};

std::string label(const char* name, std::string_view value) {
  return std::string("{") + name + "=\"" + std::string(value) + "\"}";
}

std::string in_seconds(std::chrono::nanoseconds t) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>(t).count());
  return text.data();
}

void counters(exposition& to, const worker::totals& sums) {
  to.family("lastcall_messages_received_total", "counter", "Messages received.");
  to.sample("", sums.received);
  to.family("lastcall_messages_settled_total", "counter",
            "Messages by how they left this process: deleted, released, or lost to a lease that ended.");
  to.sample(label("how", "deleted"), sums.deleted);
  to.sample(label("how", "released"), sums.released);
  to.sample(label("how", "lost"), sums.lost);
  to.family("lastcall_messages_late_total", "counter", "Messages that came after the drain had begun.");
  to.sample("", sums.late);
  to.family("lastcall_messages_corrupt_total", "counter", "Messages whose content did not fit its checksum.");
  to.sample("", sums.corrupt);
  to.family("lastcall_jobs_total", "counter", "Jobs by outcome.");
  to.sample(label("outcome", "done"), sums.jobs_done);
  to.sample(label("outcome", "failed"), sums.jobs_failed);
  to.sample(label("outcome", "retried"), sums.jobs_retried);
  to.sample(label("outcome", "cut"), sums.jobs_cut);
  to.family("lastcall_extensions_total", "counter", "Visibility extensions that SQS has confirmed.");
  to.sample("", sums.extended);
  to.family("lastcall_polls_total", "counter", "Receives by result.");
  to.sample(label("result", "answered"), sums.polls);
  to.sample(label("result", "failed"), sums.polls_failed);
  to.sample(label("result", "aborted"), sums.polls_aborted);
}

void gauges(exposition& to, const worker_status& s) {
  using worker::drain_state;
  to.family("lastcall_jobs_running", "gauge", "Jobs that run now.");
  to.sample("", s.jobs_running);
  to.family("lastcall_messages_held", "gauge", "Messages leased to this process now.");
  to.sample("", s.held);
  to.family("lastcall_poll_silence_seconds", "gauge",
            "How long ago the poll loop that is furthest behind made progress.");
  to.sample("", in_seconds(s.poll_silence));
  to.family("lastcall_ready", "gauge", "1 while messages are received.");
  to.sample("", s.ready ? 1U : 0U);
  to.family("lastcall_state", "gauge", "1 for the state of the drain that the worker is in.");
  for (const drain_state state : {drain_state::running, drain_state::closing, drain_state::finishing,
                                  drain_state::cutting, drain_state::stopped})
    to.sample(label("state", name_of(state)), s.state == state ? 1U : 0U);
}

}  // namespace

std::string metrics_text(const worker_status& s) {
  exposition all;
  all.family("lastcall_build_info", "gauge", "1, with the version.");
  all.sample(label("version", LASTCALL_VERSION), 1U);
  counters(all, s.sums);
  gauges(all, s);
  return all.take();
}

}  // namespace lastcall::app
