#include "app/endpoint_bench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <sys/resource.h>
#include <utility>

namespace lastcall::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto patience_with_an_answer = 30s;
constexpr auto pause_after_a_failure = 200ms;
/// Long enough that a slow endpoint does not deliver a message twice while it is measured.
constexpr auto visibility = 120s;

double process_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// The step with the most messages a second.
const bench_step& best_of(const std::vector<bench_step>& steps) {
  return *std::ranges::max_element(steps, {}, &bench_step::per_second);
}

}  // namespace

void operation_latencies::add(const operation_latencies& other) {
  send.add(other.send);
  receive.add(other.receive);
  extend.add(other.extend);
  remove.add(other.remove);
}

std::string what_limits(const std::vector<bench_step>& steps) {
  constexpr double busy_core = 0.85;
  constexpr double worth_more_lanes = 1.25;
  const bench_step& best = best_of(steps);
  const bench_step& last = steps.back();
  if (best.deleted == 0)
    return "nothing went through: " + (last.why.empty() ? "no message came back" : last.why);
  if (best.core_used() > busy_core)
    return "this process: it uses a whole core; a worker with --threads, or several of them, would get more";
  if (last.failed > 0 && last.failed * 10 > last.took.send.count())
    return "the service refuses requests: " + last.why;
  const bool still_rising =
      &best == &last &&
      (steps.size() < 2 || last.per_second() > worth_more_lanes * steps[steps.size() - 2].per_second());
  if (still_rising) return "round trips: more requests at once would get more; raise --lanes";
  return "the service, or the network to it: more requests at once do not get more";
}

endpoint_bench::endpoint_bench(const asio::any_io_executor& executor, clock& clock, sqs::client& client,
                               std::string queue_url, const std::string& tag, std::size_t body_bytes)
    : executor_(executor),
      clock_(clock),
      client_(client),
      queue_url_(std::move(queue_url)),
      begin_(R"({"lastcall_bench":")" + tag + "\""),
      body_(begin_ + R"(,"fill":")"),
      lanes_(clock, executor) {
  body_.append(body_bytes > body_.size() + 2 ? body_bytes - body_.size() - 2 : 0, 'x');
  body_ += "\"}";
}

asio::awaitable<bench_step> endpoint_bench::run(unsigned lanes, std::chrono::nanoseconds duration) {
  bench_step step;
  step.lanes = lanes;
  const steady_time began = clock_.now();
  const double cpu_before = process_cpu_seconds();
  for (unsigned i = 0; i < lanes; ++i)
    asio::co_spawn(executor_, lane(step, began + duration, lanes_.enter()), asio::detached);
  co_await lanes_.wait_empty();
  step.seconds = std::chrono::duration<double>(clock_.now() - began).count();
  step.cpu_seconds = process_cpu_seconds() - cpu_before;
  co_return step;
}

asio::awaitable<void> endpoint_bench::lane(bench_step& step, steady_time until, gate::holder inside) {
  while (!stopping_ && clock_.now() < until) {
    const std::uint64_t failed_before = step.failed;
    co_await send_ten(step);
    std::vector<std::string> handles = co_await receive_own(step, 1s);
    if (!handles.empty()) {
      std::vector<std::string> extended = handles;
      co_await extend(step, std::move(extended));
      co_await remove(step, std::move(handles));
    }
    // Whoever is throttled should not be pressed.
    if (step.failed > failed_before) co_await sleep_for(clock_, pause_after_a_failure);
  }
  inside.leave();
}

void endpoint_bench::fail(bench_step& step, const error& why) {
  ++step.failed;
  step.why = why.message;
}

asio::awaitable<void> endpoint_bench::send_ten(bench_step& step) {
  std::vector<sqs::outgoing> batch(10);
  for (sqs::outgoing& message : batch)
    message.body = body_;
  std::string url = queue_url_;
  const steady_time began = clock_.now();
  const auto answer =
      co_await client_.send_batch(std::move(url), std::move(batch), began + patience_with_an_answer);
  step.took.send.add(clock_.now() - began);
  // What was not answered may have been sent: cleaning up looks for it.
  sent_ += answer ? 10 - answer->size() : 10;
  if (!answer)
    fail(step, answer.error());
  else if (!answer->empty())
    fail(step, answer->front().why);
}

asio::awaitable<std::vector<std::string>> endpoint_bench::receive_own(bench_step& step,
                                                                      std::chrono::seconds wait) {
  std::vector<std::string> handles;
  sqs::receive_request request{.max_messages = 10, .wait = wait, .visibility = visibility, .attempt_id = {}};
  std::string url = queue_url_;
  const steady_time began = clock_.now();
  auto answer = co_await client_.receive(std::move(url), std::move(request));
  if (!answer) {
    fail(step, answer.error());
    co_return handles;
  }
  if (!answer->messages.empty()) step.took.receive.add(clock_.now() - began);
  for (message& m : answer->corrupt)
    answer->messages.push_back(std::move(m));
  for (message& m : answer->messages) {
    if (m.body.starts_with(begin_))
      handles.push_back(std::move(m.receipt_handle));
    else
      co_await put_back(std::move(m.id), std::move(m.receipt_handle));
  }
  co_return handles;
}

asio::awaitable<void> endpoint_bench::put_back(std::string message_id, std::string receipt_handle) {
  stopping_ = true;
  foreign_ = std::move(message_id);
  std::string url = queue_url_;
  sqs::visibility_change release{std::move(receipt_handle), 0s};
  const steady_time deadline = clock_.now() + patience_with_an_answer;
  co_await client_.change_visibility(std::move(url), std::move(release), deadline);
}

asio::awaitable<void> endpoint_bench::extend(bench_step& step, std::vector<std::string> handles) {
  std::vector<sqs::visibility_change> changes;
  for (std::string& handle : handles)
    changes.push_back({std::move(handle), visibility});
  std::string url = queue_url_;
  const steady_time began = clock_.now();
  const auto answer = co_await client_.change_visibility_batch(std::move(url), std::move(changes),
                                                               began + patience_with_an_answer);
  step.took.extend.add(clock_.now() - began);
  if (!answer) fail(step, answer.error());
}

asio::awaitable<void> endpoint_bench::remove(bench_step& step, std::vector<std::string> handles) {
  const std::size_t count = handles.size();
  std::string url = queue_url_;
  const steady_time began = clock_.now();
  const auto answer =
      co_await client_.delete_batch(std::move(url), std::move(handles), began + patience_with_an_answer);
  step.took.remove.add(clock_.now() - began);
  if (!answer) {
    fail(step, answer.error());
    co_return;
  }
  if (!answer->empty()) fail(step, answer->front().why);
  step.deleted += count - answer->size();
  deleted_ += count - answer->size();
}

asio::awaitable<std::uint64_t> endpoint_bench::clean_up(std::chrono::nanoseconds patience) {
  bench_step not_counted;
  const steady_time until = clock_.now() + patience;
  while (deleted_ < sent_ && !foreign_ && clock_.now() < until) {
    std::vector<std::string> handles = co_await receive_own(not_counted, 1s);
    if (handles.empty()) continue;
    co_await remove(not_counted, std::move(handles));
  }
  co_return sent_ > deleted_ ? sent_ - deleted_ : 0;
}

}  // namespace lastcall::app
