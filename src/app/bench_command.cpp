#include "app/connection.hpp"
#include "app/endpoint_bench.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/program.hpp"
#include "app/queue_check.hpp"
#include "base/duration.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace lastcall::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;
constexpr auto patience_with_leftovers = 20s;
constexpr auto least_step = 10ms;  ///< less measures nothing

struct bench_settings {
  connection_settings connection;
  queue_settings queue;
  unsigned lanes{16};
  std::chrono::nanoseconds step{2s};
  std::size_t body_bytes{1024};
  bool json{false};
};

struct operation {
  const char* name;
  latencies operation_latencies::* took;
};
constexpr std::array<operation, 4> operations{{{"send", &operation_latencies::send},
                                               {"receive", &operation_latencies::receive},
                                               {"extend", &operation_latencies::extend},
                                               {"delete", &operation_latencies::remove}}};

double in_ms(std::chrono::nanoseconds d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// For JSON, which would show all that a double holds.
double rounded(double value, int decimals) {
  const double unit = std::pow(10.0, decimals);
  return std::round(value * unit) / unit;
}

/// One run: the queue, the steps, the cleaning up.
class benching {
 public:
  benching(foreground& loop, const bench_settings& s, const aws::session& session)
      : settings_(s),
        session_(session),
        executor_(loop.executor()),
        connection_(executor_, session),
        steps_ended_(real_clock(), executor_) {}

  asio::awaitable<void> run() {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await open_queue();
    bench_.emplace(executor_, real_clock(), connection_.sqs(), queue_.url, connection_.chance().uuid(),
                   settings_.body_bytes);
    asio::co_spawn(executor_, measure(), asio::detached);
    while (!has_ended_) {
      const bool woken = co_await steps_ended_.wait();
      if (!woken) bench_->stop();  // a signal: what is under way comes to its end
    }
    co_await close_queue();
  }

  std::vector<bench_step>& steps() noexcept { return steps_; }
  const std::string& queue_url() const noexcept { return queue_.url; }
  bool is_own_queue() const noexcept { return is_own_; }
  std::uint64_t left() const noexcept { return left_; }
  std::optional<std::string> foreign() const { return bench_ ? bench_->foreign() : std::nullopt; }
  const std::string& problem_at_end() const noexcept { return problem_at_end_; }

 private:
  asio::awaitable<void> open_queue() {
    if (!settings_.queue.name.empty() || !settings_.queue.url.empty()) {
      co_await find_queue(connection_.sqs(), session_, settings_.connection, settings_.queue, queue_);
      check_usable();
      co_return;
    }
    std::string name = "lastcall-bench-" + connection_.chance().uuid().substr(0, 8);
    sqs::attribute_map attributes{{"MessageRetentionPeriod", "3600"}};
    const steady_time deadline = real_clock().now() + patience;
    auto made = co_await connection_.sqs().create_queue(std::move(name), std::move(attributes), deadline);
    if (!made)
      throw refusal(exit_unavailable, "can't create a queue for the bench: " + made.error().message +
                                          "; --queue NAME uses one that exists and is empty");
    queue_.url = std::move(*made);
    is_own_ = true;
  }

  void check_usable() const {
    if (queue_.url.ends_with(".fifo"))
      throw refusal(exit_usage, "bench measures standard queues; '" + settings_.queue.shown() + "' is FIFO");
    for (const char* count : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                              "ApproximateNumberOfMessagesDelayed"}) {
      const auto found = queue_.attributes.find(count);
      if (found != queue_.attributes.end() && found->second != "0")
        throw refusal(exit_unavailable, "the queue '" + settings_.queue.shown() + "' is not empty (" + count +
                                            " is " + found->second +
                                            "), and bench touches no messages but its own: name an empty "
                                            "queue, or none, and one is made");
    }
  }

  /// With twice as many lanes at each step, until that gets no more.
  asio::awaitable<void> measure() {
    for (unsigned lanes = 1; lanes <= settings_.lanes; lanes *= 2) {
      bench_step step = co_await bench_->run(lanes, settings_.step);
      const bool is_cut_short = step.seconds < std::chrono::duration<double>(settings_.step).count();
      if (is_cut_short) break;
      steps_.push_back(std::move(step));
    }
    has_ended_ = true;
    steps_ended_.notify();
  }

  asio::awaitable<void> close_queue() {
    if (!is_own_) {
      left_ = co_await bench_->clean_up(patience_with_leftovers);
      co_return;
    }
    std::string url = queue_.url;
    const steady_time deadline = real_clock().now() + patience;
    const auto deleted = co_await connection_.sqs().delete_queue(std::move(url), deadline);
    if (!deleted)
      problem_at_end_ = "the queue " + queue_.url + " could not be removed: " + deleted.error().message;
  }

  const bench_settings& settings_;
  const aws::session& session_;
  asio::any_io_executor executor_;
  connection connection_;
  wakeup steps_ended_;
  found_queue queue_;
  std::optional<endpoint_bench> bench_;
  std::vector<bench_step> steps_;
  std::uint64_t left_{0};
  std::string problem_at_end_;
  bool is_own_{false};
  bool has_ended_{false};
};

std::string as_json(std::vector<bench_step>& steps, const std::string& queue_url) {
  nlohmann::ordered_json out{
      {"event", "bench"}, {"queue_url", queue_url}, {"steps", nlohmann::ordered_json::array()}};
  for (bench_step& step : steps) {
    nlohmann::ordered_json shown{{"lanes", step.lanes},
                                 {"messages", step.deleted},
                                 {"messages_per_s", rounded(step.per_second(), 1)},
                                 {"core_used", rounded(step.core_used(), 3)},
                                 {"failed_requests", step.failed}};
    for (const operation& op : operations) {
      latencies& took = step.took.*op.took;
      shown["latency_ms"][op.name] = {{"requests", took.count()},
                                      {"p50", rounded(in_ms(took.at(0.5)), 3)},
                                      {"p90", rounded(in_ms(took.at(0.9)), 3)},
                                      {"p99", rounded(in_ms(took.at(0.99)), 3)},
                                      {"max", rounded(in_ms(took.at(1)), 3)}};
    }
    out["steps"].push_back(std::move(shown));
  }
  if (!steps.empty()) out["limited_by"] = what_limits(steps);
  return out.dump();
}

void print_table(output& out, std::vector<bench_step>& steps) {
  out.line("                                    ms for ten messages: p50 / p99");
  out.line(fmt::format("{:>5} {:>11} {:>6} {:>7}", "lanes", "messages/s", "core", "failed") +
           fmt::format(" {:>15} {:>15} {:>15} {:>15}", "send", "receive", "extend", "delete"));
  for (bench_step& step : steps) {
    std::string line = fmt::format("{:>5} {:>11.0f} {:>5.0f}% {:>7}", step.lanes, step.per_second(),
                                   step.core_used() * 100, step.failed);
    for (const operation& op : operations) {
      latencies& took = step.took.*op.took;
      line +=
          fmt::format(" {:>15}", fmt::format("{:.2f} / {:.2f}", in_ms(took.at(0.5)), in_ms(took.at(0.99))));
    }
    out.line(line);
  }
  if (!steps.empty()) out.line("limited by " + what_limits(steps));
}

int conclude(benching& done, int signal, console& c) {
  if (const auto foreign = done.foreign())
    c.err.line("lastcall: the message " + *foreign +
               " came, which is not of this bench: it was made visible again, and the bench has ended");
  if (!done.problem_at_end().empty()) c.err.line("lastcall: " + done.problem_at_end());
  if (done.left() > 0)
    c.err.line(
        fmt::format("lastcall: {} messages of this bench may be left in {}; their bodies begin with "
                    "{{\"lastcall_bench\"",
                    done.left(), done.queue_url()));
  if (signal != 0) return exit_signal_base + signal;
  if (done.foreign()) return exit_unavailable;
  if (done.left() > 0 || !done.problem_at_end().empty()) return worker::exit_left_behind;
  const bool any = std::ranges::any_of(done.steps(), [](const bench_step& s) { return s.deleted > 0; });
  return any ? exit_ok : exit_unavailable;
}

int bench(const bench_settings& s, console& c, const environment& env) {
  if (s.step < least_step)
    throw refusal(exit_usage, "--step: it must be at least " + format_duration(least_step));
  const aws::session session = resolve(s.connection, s.queue, env);
  foreground loop;
  benching all(loop, s, session);
  loop.run(all.run());
  if (s.json)
    c.out.line(as_json(all.steps(), all.queue_url()));
  else
    print_table(c.out, all.steps());
  return conclude(all, loop.signal(), c);
}

}  // namespace

command bench_command() {
  const auto settings = std::make_shared<bench_settings>();
  option_group queue = queue_options(settings->queue);
  queue.title = "Which queue, if not one that is made for this and removed";
  return {
      .name = "bench",
      .summary = "Measures an SQS endpoint: throughput, latencies, and what limits it.",
      .text =
          "Measures the endpoint that a worker would use: how many messages a second go through it, how long "
          "sends, receives, extensions and deletes take, and what limits it. Lanes send ten messages, receive, "
          "extend and delete, over and over: first one lane, then twice as many at each step. A queue is made "
          "for it and removed; with --queue an empty standard queue is used, where nothing but the bench's own "
          "messages is touched. On AWS its requests cost what requests cost.",
      .arguments = "[OPTIONS]",
      .groups = {{"The bench",
                  {count_option("lanes", settings->lanes, 1, 1024,
                                "The most lanes: the steps have 1, 2, 4 and so on up to that."),
                   duration_option("step", settings->step, "How long each step takes."),
                   count_option("body-bytes", settings->body_bytes, 100, 100'000,
                                "Size of a message's body."),
                   flag_option("json", settings->json, "The result as one line of JSON.")}},
                 std::move(queue),
                 connection_options(settings->connection)},
      .examples = {{"lastcall bench", "on AWS, as the environment says"},
                   {"lastcall bench --endpoint-url http://localhost:4566 --lanes 64", "LocalStack"}},
      .log_level = "warning",
      .run = [settings](console& c, const environment& env) { return bench(*settings, c, env); }};
}

}  // namespace lastcall::app
