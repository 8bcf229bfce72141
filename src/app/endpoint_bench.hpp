#pragma once

#include "app/percentiles.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/random.hpp"
#include "sqs/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace lastcall::app {

/// The operations that are timed, each on ten messages at once.
struct operation_latencies {
  latencies send;
  latencies receive;
  latencies extend;
  latencies remove;

  void add(const operation_latencies&);
};

/// What so many lanes at once have achieved. A lane sends ten messages, receives, extends and deletes what came,
/// and begins anew.
struct bench_step {
  unsigned lanes{};
  double seconds{};
  double cpu_seconds{};     ///< of this process
  std::uint64_t deleted{};  ///< messages that went all the way
  std::uint64_t failed{};   ///< requests that the service refused or did not answer
  std::string why;          ///< of the last of these
  operation_latencies took;

  double per_second() const noexcept { return seconds > 0 ? static_cast<double>(deleted) / seconds : 0; }
  double core_used() const noexcept { return seconds > 0 ? cpu_seconds / seconds : 0; }
};

/// What keeps the endpoint from doing more, in a sentence, as far as the steps tell. At least one step.
std::string what_limits(const std::vector<bench_step>&);

/// Measures one queue, which holds nothing else. Used on one strand.
class endpoint_bench {
 public:
  /// What the messages of this bench begin with is made from `tag`; no others are touched. `body_bytes`: of each.
  endpoint_bench(const boost::asio::any_io_executor&, clock&, sqs::client&, std::string queue_url,
                 const std::string& tag, std::size_t body_bytes);

  /// Runs so many lanes for that long. Completes when each has come to its end; `stop` ends them early.
  boost::asio::awaitable<bench_step> run(unsigned lanes, std::chrono::nanoseconds duration);
  void stop() noexcept { stopping_ = true; }
  /// Deletes what is left of its own messages; gives up after `patience`. How many are left.
  boost::asio::awaitable<std::uint64_t> clean_up(std::chrono::nanoseconds patience);
  /// The id of a message that came and is not of this bench. It was made visible again, and the bench has stopped.
  const std::optional<std::string>& foreign() const noexcept { return foreign_; }

 private:
  boost::asio::awaitable<void> lane(bench_step& step, steady_time until, gate::holder inside);
  boost::asio::awaitable<void> send_ten(bench_step& step);
  boost::asio::awaitable<std::vector<std::string>> receive_own(bench_step& step, std::chrono::seconds wait);
  boost::asio::awaitable<void> extend(bench_step& step, std::vector<std::string> handles);
  boost::asio::awaitable<void> remove(bench_step& step, std::vector<std::string> handles);
  boost::asio::awaitable<void> put_back(std::string message_id, std::string receipt_handle);
  void fail(bench_step& step, const error& why);

  boost::asio::any_io_executor executor_;
  clock& clock_;
  sqs::client& client_;
  std::string queue_url_;
  std::string begin_;
  std::string body_;
  gate lanes_;
  std::uint64_t sent_{0};
  std::uint64_t deleted_{0};
  std::optional<std::string> foreign_;
  bool stopping_{false};
};

}  // namespace lastcall::app
