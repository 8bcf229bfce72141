#include "jobs/http.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "http/serializer.hpp"
#include "jobs/http_request.hpp"
#include "jobs/http_verdict.hpp"

#include <utility>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

class http_handler final : public handler {
 public:
  http_handler(http::transport& transport, clock& clock, http::origin origin, http::request common,
               std::chrono::nanoseconds timeout)
      : transport_(transport),
        clock_(clock),
        origin_(std::move(origin)),
        common_(std::move(common)),
        timeout_(timeout) {}

  asio::awaitable<outcome> run(job& job) override {
    if (job.stopping() != stop_reason::none) co_return outcome::stopped("told to stop before it began");
    http::request request = common_;
    add_message(request, job.message(), job.queue_name(), job.checkpoint());
    job.drop_body();  // the request has it
    const steady_time deadline = clock_.now() + timeout_;
    const result<http::response> answer = co_await transport_.send(origin_, request, deadline);
    if (!answer) co_return judge(answer.error(), job.stopping());
    outcome verdict = judge(*answer, clock_.wall_now());
    if (verdict.what != outcome::kind::done) co_await keep_checkpoint(job, *answer);
    co_return verdict;
  }

 private:
  static asio::awaitable<void> keep_checkpoint(job& job, const http::response& answer) {
    std::optional<std::string> given = checkpoint_in(answer);
    if (!given) co_return;
    if (given->size() <= largest_http_checkpoint) {
      std::string cursor = std::move(*given);
      co_await job.save_checkpoint(std::move(cursor));
      co_return;
    }
    log::warning("checkpoint not saved: it is too long for a header",
                 {{"message_id", job.message().id}, {"bytes", given->size()}});
  }

  http::transport& transport_;
  clock& clock_;
  http::origin origin_;
  http::request common_;  ///< what all requests have in common
  std::chrono::nanoseconds timeout_;
};

http::origin origin_of(const url& to) {
  const bool tls = to.scheme == "https";
  const std::uint16_t usual_port = tls ? 443 : 80;
  return {tls, to.host, to.port == 0 ? usual_port : to.port};
}

/// An endpoint written for sqsd may look for its name at the start of the User-Agent.
constexpr const char* user_agent = "aws-sqsd/3.0 lastcall/" LASTCALL_VERSION;

http::request common_request(const url& to, const http_options& options) {
  http::request common{"POST", to.target, options.headers, {}};
  if (!common.headers.has("User-Agent")) common.headers.add("User-Agent", user_agent);
  if (!common.headers.has("Content-Type")) common.headers.add("Content-Type", options.content_type);
  const bool has_user = !to.user.empty() || !to.password.empty();
  if (has_user && !common.headers.has("Authorization"))
    common.headers.add("Authorization", "Basic " + to_base64(to.user + ':' + to.password));
  return common;
}

}  // namespace

result<std::unique_ptr<handler>> make_http(http::transport& transport, clock& clock,
                                           const http_options& options) {
  const auto to = parse_url(options.to, "http|https");
  if (!to) return error{error_kind::invalid, {}, "the http job can't post to --to: " + to.error().message};
  if (options.timeout <= options.timeout.zero())
    return error{error_kind::invalid, {}, "--timeout must be longer than nothing"};
  http::request common = common_request(*to, options);
  std::string tried;
  if (const auto sendable = http::serialize(common, to->host, true, tried); !sendable)
    return sendable.error();
  return std::make_unique<http_handler>(transport, clock, origin_of(*to), std::move(common), options.timeout);
}

}  // namespace lastcall::jobs
