#include "aws/sts.hpp"

#include "aws/retry.hpp"
#include "aws/sigv4.hpp"
#include "base/encoding.hpp"
#include "base/timestamp.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace lastcall::aws {
namespace asio = boost::asio;
namespace {

constexpr int attempts = 3;
constexpr std::chrono::seconds attempt_timeout{5};
constexpr std::chrono::seconds pause{1};

std::string form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string form = "Version=2011-06-15";
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    form += '&';
    form += name;
    form += '=';
    form += percent_encode(value);
  }
  return form;
}

/// What is inside of the first element of that name, which must not have attributes; empty where there is
/// none.
std::string_view inside(std::string_view xml, const std::string& name) {
  const std::string opening = '<' + name + '>';
  const std::size_t begin = xml.find(opening);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(begin + opening.size());
  const std::size_t end = rest.find("</" + name + '>');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

/// The same as text.
std::string element(std::string_view xml, const std::string& name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> entities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string text;
  for (std::string_view left = inside(xml, name); !left.empty();) {
    const auto entity =
        std::ranges::find_if(entities, [&](const auto& e) { return left.starts_with(e.first); });
    text += entity == entities.end() ? left.front() : entity->second;
    left.remove_prefix(entity == entities.end() ? 1 : entity->first.size());
  }
  return text;
}

std::string advice(std::string_view code) {
  if (code == "AccessDenied" || code == "AccessDeniedException")
    return "; check that the role exists, and that its trust policy names this identity";
  if (code == "ExpiredTokenException" || code == "ExpiredToken") return "; the token has expired";
  if (code == "InvalidIdentityToken")
    return "; check that the account has an identity provider for the token's issuer and audience";
  return {};
}

error refused(const role& r, const http::response& answer) {
  std::string code = element(answer.body, "Code");
  if (code.empty()) code = std::to_string(answer.status);
  std::string message =
      "the role '" + printable(r.arn, 200) + "' can't be assumed: STS answered " + printable(code, 100);
  if (const std::string why = element(answer.body, "Message"); !why.empty())
    message += ": " + printable(why, 400);
  message += advice(code);
  return {error_kind::service, std::move(code), std::move(message)};
}

bool is_passing(const error& why, unsigned status) {
  return classify(why, status) != failure_class::permanent || why.code == "IDPCommunicationError";
}

/// One attempt, and whether another one may do better.
struct attempt_result {
  result<credentials> got;
  bool again{false};
};

attempt_result judge(const role& r, const result<http::response>& answer) {
  if (!answer) {
    const error& why = answer.error();
    return {error{why.kind, why.code,
                  "the role '" + printable(r.arn, 200) + "' can't be assumed: STS: " + why.message},
            is_passing(why, 0)};
  }
  if (answer->status == 200) return {read_sts_credentials(answer->body), false};
  error why = refused(r, *answer);
  const bool again = is_passing(why, answer->status);
  return {std::move(why), again};
}

}  // namespace

sts::sts(location at, std::string region, http::transport& transport, clock& clock)
    : at_(std::move(at)), region_(std::move(region)), transport_(transport), clock_(clock) {}

std::string sts::session_name_of(const role& r) const {
  if (!r.session_name.empty()) return r.session_name;
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall_now().time_since_epoch());
  return "lastcall-" + std::to_string(since.count());
}

http::request sts::make_request(std::string form) const {
  http::request request{.method = "POST", .target = at_.target, .headers = {}, .body = std::move(form)};
  request.headers.add("Host", host_header(at_.origin));
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  return request;
}

asio::awaitable<result<credentials>> sts::ask(const role& r, std::string form, const credentials* who,
                                              steady_time deadline) {
  for (int attempt = 1;; ++attempt) {
    http::request request = make_request(form);
    if (who != nullptr) signer(region_, "sts").sign(request, *who, clock_.wall_now());
    const steady_time until = std::min(deadline, clock_.now() + attempt_timeout);
    const result<http::response> answer = co_await transport_.send(at_.origin, request, until);
    attempt_result one = judge(r, answer);
    const bool in_time = clock_.now() + pause < deadline;
    if (!one.again || !in_time || attempt == attempts) co_return std::move(one.got);
    const bool slept = co_await sleep_for(clock_, pause);
    if (!slept) co_return error{error_kind::cancelled, "", "cancelled while fetching credentials"};
  }
}

asio::awaitable<result<credentials>> sts::assume(const role& r, const credentials& who,
                                                 steady_time deadline) {
  const std::string name = session_name_of(r);
  const std::string duration = r.duration ? std::to_string(r.duration->count()) : std::string();
  std::string form = form_of({{"Action", "AssumeRole"},
                              {"RoleArn", r.arn},
                              {"RoleSessionName", name},
                              {"ExternalId", r.external_id},
                              {"DurationSeconds", duration}});
  co_return co_await ask(r, std::move(form), &who, deadline);
}

asio::awaitable<result<credentials>> sts::assume_with_token(const role& r, std::string_view token,
                                                            steady_time deadline) {
  const std::string name = session_name_of(r);
  const std::string duration = r.duration ? std::to_string(r.duration->count()) : std::string();
  std::string form = form_of({{"Action", "AssumeRoleWithWebIdentity"},
                              {"RoleArn", r.arn},
                              {"RoleSessionName", name},
                              {"WebIdentityToken", token},
                              {"DurationSeconds", duration}});
  co_return co_await ask(r, std::move(form), nullptr, deadline);
}

result<credentials> read_sts_credentials(std::string_view xml) {
  const auto unusable = [](const char* why) {
    return error{error_kind::protocol, "",
                 std::string("the answer of STS holds no usable credentials: ") + why};
  };
  const std::string_view given = inside(xml, "Credentials");
  credentials out{element(given, "AccessKeyId"), element(given, "SecretAccessKey"),
                  element(given, "SessionToken"), parse_rfc3339(element(given, "Expiration"))};
  if (out.access_key_id.empty() || out.secret_access_key.empty()) return unusable("a key is missing");
  if (!out.expires) return unusable("its Expiration is not a timestamp");
  return out;
}

}  // namespace lastcall::aws
