#include "aws/client.hpp"

#include "aws/clock_skew.hpp"
#include "aws/retry.hpp"
#include "aws/service_error.hpp"
#include "aws/sigv4.hpp"
#include "base/log.hpp"
#include "base/mark.hpp"
#include "runtime/cancellation.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

/// One attempt, and what it tells about the next.
struct attempt_result {
  result<std::string> answer;
  failure_class failure{failure_class::permanent};
  std::optional<std::chrono::milliseconds> retry_after;
  bool was_mistimed{false};
};

attempt_result not_answered(error why) {
  const failure_class failure = classify(why, 0);
  return {std::move(why), failure, std::nullopt, false};
}

error at_operation(std::string_view operation, const error& why) {
  return {why.kind, why.code, std::string(operation) + ": " + why.message};
}

error out_of_time() { return {error_kind::timeout, "", "no time was left to send the request"}; }

void note_retry(unsigned retries, failure_class failure, const error& why) {
  if (failure == failure_class::throttling) LASTCALL_MARK("a throttled request is tried again");
  if (failure == failure_class::timeout)
    LASTCALL_MARK("a request that was not answered in time is tried again");
  if (failure == failure_class::transient)
    LASTCALL_MARK("a request that failed on its way or at the service is tried again");
  if (log::enabled(log::level::debug)) log::debug("trying again", {{"retry", retries}, {"why", why.message}});
}

error given_up() { return {error_kind::cancelled, "", "cancelled between two requests"}; }

}  // namespace

struct client::state {
  state(http::transport& t, lastcall::clock& c, lastcall::random& r, credentials_provider& p,
        client_options o)
      : transport(t),
        time(c),
        chance(r),
        provider(p),
        options(std::move(o)),
        host(host_header(options.endpoint.origin)),
        signing(options.region, options.service) {}

  asio::awaitable<attempt_result> attempt(std::string_view operation, std::string& body,
                                          steady_time deadline);
  http::request signed_request(std::string_view operation, std::string body, const credentials& who);
  attempt_result judge(std::string_view operation, const clock_skew::observation&, http::response);

  http::transport& transport;
  lastcall::clock& time;
  lastcall::random& chance;
  credentials_provider& provider;
  client_options options;
  std::string host;
  signer signing;
  clock_skew skew;
  retry_quota quota;
};

http::request client::state::signed_request(std::string_view operation, std::string body,
                                            const credentials& who) {
  http::request request{
      .method = "POST", .target = options.endpoint.target, .headers = {}, .body = std::move(body)};
  request.headers.add("Host", host);
  request.headers.add("Content-Type", "application/x-amz-json-1.0");
  request.headers.add("X-Amz-Target", options.target_prefix + "." + std::string(operation));
  signing.sign(request, who,
               time.wall_now() + std::chrono::duration_cast<wall_time::duration>(skew.correction()));
  request.headers.add("User-Agent", options.user_agent);
  return request;
}

attempt_result client::state::judge(std::string_view operation, const clock_skew::observation& seen,
                                    http::response answer) {
  if (answer.status == 200) {
    skew.learn(seen, answer.headers, {});
    return {std::move(answer.body), failure_class::permanent, std::nullopt, false};
  }
  error why = service_error(operation, answer);
  const failure_class failure = classify(why, answer.status);
  const bool mistimed = skew.learn(seen, answer.headers, why.code);
  return {std::move(why), failure, parse_retry_after(answer.headers.get("x-amz-retry-after")), mistimed};
}

/// The body is lent to the request and given back, so that it is not copied for a retry that seldom comes.
asio::awaitable<attempt_result> client::state::attempt(std::string_view operation, std::string& body,
                                                       steady_time deadline) {
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  const result<credentials_ptr> who = co_await provider.get(deadline);
  if (watch.has_fired()) co_return not_answered(at_operation(operation, given_up()));
  if (!who) co_return not_answered(at_operation(operation, who.error()));
  if (time.now() >= deadline) co_return not_answered(at_operation(operation, out_of_time()));
  clock_skew::observation seen{skew.correction(), time.wall_now(), {}};
  http::request request = signed_request(operation, std::move(body), **who);
  result<http::response> answer = co_await transport.send(options.endpoint.origin, request, deadline);
  body = std::move(request.body);
  seen.answered_at = time.wall_now();
  if (!answer) co_return not_answered(at_operation(operation, answer.error()));
  co_return judge(operation, seen, std::move(*answer));
}

client::client(http::transport& transport, lastcall::clock& clock, lastcall::random& random,
               credentials_provider& provider, client_options options)
    : state_(std::make_unique<state>(transport, clock, random, provider, std::move(options))) {}

client::~client() = default;

const client_options& client::options() const noexcept { return state_->options; }

asio::awaitable<result<std::string>> client::call(std::string_view operation, std::string body,
                                                  call_limits limits) {
  state& it = *state_;
  const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
  bool signed_anew = false;
  std::optional<int> cost;
  for (unsigned retries = 0;;) {
    const steady_time until = std::min(limits.deadline, it.time.now() + limits.attempt_timeout);
    attempt_result outcome = co_await it.attempt(operation, body, until);
    if (outcome.answer) {
      it.quota.succeeded(cost);
      co_return std::move(outcome.answer);
    }
    const bool is_cancelled = watch.has_fired();
    if (!is_cancelled && outcome.was_mistimed && !std::exchange(signed_anew, true)) {
      LASTCALL_MARK("a request is signed anew for the clock of the service");
      continue;
    }
    if (outcome.failure == failure_class::permanent || retries + 1 >= limits.attempts)
      co_return std::move(outcome.answer);
    if (is_cancelled) co_return given_up();
    const steady_time again = it.time.now() + retry_wait(retries, it.chance.unit(), outcome.retry_after);
    if (again >= limits.deadline) {
      LASTCALL_MARK("no time is left for another try of a request");
      co_return std::move(outcome.answer);
    }
    cost = it.quota.acquire(outcome.failure);
    if (!cost) {
      LASTCALL_MARK("no retry is left in the quota");
      co_return std::move(outcome.answer);
    }
    ++retries;
    note_retry(retries, outcome.failure, outcome.answer.error());
    co_await sleep_until(it.time, again);
    if (watch.has_fired()) {
      LASTCALL_MARK("a call is cancelled between two tries");
      co_return given_up();
    }
  }
}

}  // namespace lastcall::aws
