#pragma once

#include "http/transport.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lastcall::testing {

/// Answers requests with what the test has lined up, each after a time; requests that find nothing lined up,
/// or whose answer would come too late, end at their deadline.
class fake_transport final : public http::transport {
 public:
  struct exchange {
    http::origin origin;
    http::request request;
    steady_time sent_at;
    steady_time deadline;
  };

  explicit fake_transport(clock& clock) : clock_(clock) {}

  void reply(result<http::response> answer, std::chrono::nanoseconds after = {}) {
    replies_.push_back({std::move(answer), after});
  }
  void reply(unsigned status, std::string body, std::chrono::nanoseconds after = {}) {
    reply(http::response{.status = status, .headers = {}, .body = std::move(body)}, after);
  }
  void fail(error_kind kind, std::chrono::nanoseconds after = {}) {
    reply(error{kind, "", "made up by the test"}, after);
  }
  /// The requests so far, in order.
  const std::vector<exchange>& seen() const noexcept { return seen_; }

  boost::asio::awaitable<result<http::response>> send(const http::origin& origin,
                                                      const http::request& request,
                                                      steady_time deadline) override {
    seen_.push_back({origin, request, clock_.now(), deadline});
    planned next{error{error_kind::timeout, "", "no answer in time"}, deadline - clock_.now()};
    if (!replies_.empty() && replies_.front().after < next.after) next = replies_.front();
    if (!replies_.empty()) replies_.pop_front();
    if (next.after.count() > 0 && !co_await sleep_for(clock_, next.after)) co_return was_cancelled();
    co_return std::move(next.answer);
  }

 private:
  struct planned {
    result<http::response> answer;
    std::chrono::nanoseconds after;
  };
  static error was_cancelled() { return {error_kind::cancelled, "", "cancelled by the test"}; }

  clock& clock_;
  std::deque<planned> replies_;
  std::vector<exchange> seen_;
};

}  // namespace lastcall::testing
