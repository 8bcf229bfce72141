#include "simulation/byte_identity.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

namespace {

/// How far the time of a signature may be off the service's.
constexpr auto tolerance = 5min;
constexpr auto good_life = 12h;

std::string secret_of(std::string_view token) { return "the secret of " + std::string(token); }

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number n{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

/// What follows `name` in the Authorization header, up to the next comma.
std::string_view part(std::string_view authorization, std::string_view name) {
  const std::size_t at = authorization.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = authorization.substr(at + name.size());
  return rest.substr(0, rest.find(','));
}

/// "20260101T000102Z"
std::optional<wall_time> time_in(std::string_view date) {
  if (date.size() != 16 || date[8] != 'T' || date[15] != 'Z') return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t count) {
    return number_in<unsigned>(date.substr(at, count)).value_or(99);
  };
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(digits(0, 4))),
                                        std::chrono::month(digits(4, 2)), std::chrono::day(digits(6, 2))};
  return std::chrono::sys_days(day) + std::chrono::hours(digits(9, 2)) + std::chrono::minutes(digits(11, 2)) +
         std::chrono::seconds(digits(13, 2));
}

bool is_in_list(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(';'));
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (std::ranges::equal(one, name, same)) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

}  // namespace

simulated_credentials::simulated_credentials(lane& of_process, std::size_t process, const byte_faults& f,
                                             bool is_calm, std::uint64_t seed)
    : lane_(of_process), process_(process), faults_(f), is_calm_(is_calm), dice_(seed ^ (process << 8)) {}

asio::awaitable<result<aws::credentials>> simulated_credentials::fetch(steady_time deadline) {
  const bool hangs = !is_calm_ && dice_.happens(faults_.credentials_hang);
  const bool fails = !is_calm_ && dice_.happens(faults_.credentials_fail);
  if (faults_.credentials_life) {
    const steady_time answered_at =
        hangs ? deadline : std::min(deadline, lane_.now() + dice_.spread(100us, 20ms));
    if (!co_await sleep_until(lane_, answered_at)) co_return error{error_kind::cancelled, "", "cancelled"};
  }
  if (hangs) co_return error{error_kind::timeout, "", "no credentials in time"};
  if (fails) co_return error{error_kind::service, "500", "no credentials"};
  const bool is_short = !is_calm_ && faults_.credentials_life;
  const std::chrono::nanoseconds life =
      is_short ? dice_.between(1s, std::max<std::chrono::nanoseconds>(1s, *faults_.credentials_life))
               : good_life;
  // The end is told in the time of the world, whatever the process takes that for.
  const auto true_now = lane_.wall_now() - lane_.wall_offset();
  const auto expires = std::chrono::ceil<std::chrono::seconds>(true_now + life);
  const std::string token =
      fmt::format("{}.{}.{}", process_, dice_.below(1'000'000), expires.time_since_epoch().count());
  co_return aws::credentials{fmt::format("ASIA{:04}", process_), secret_of(token), token, wall_time(expires)};
}

const aws::signing_key& signature_check::key_for(const std::string& secret, std::string_view day) {
  const auto [entry, is_new] = keys_.try_emplace(secret + '/' + std::string(day));
  if (is_new) entry->second = aws::derive_signing_key(secret, day, simulated_region, "sqs");
  return entry->second;
}

standing signature_check::look_at(const http::request& r, wall_time now) {
  const auto forged = [](std::string why) { return standing{standing::is::forged, std::move(why), 0}; };
  const std::string_view authorization = r.headers.get("Authorization");
  const std::string_view date = r.headers.get("X-Amz-Date");
  const std::string_view token = r.headers.get("X-Amz-Security-Token");
  const std::string_view names = part(authorization, "SignedHeaders=");
  const std::optional<wall_time> signed_at = time_in(date);
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ") || !signed_at) return forged("it can't be read");
  for (const char* name : {"host", "x-amz-date", "x-amz-security-token", "x-amz-target", "content-type"})
    if (!is_in_list(names, name)) return forged(fmt::format("{} is not signed", name));

  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  const auto process = number_in<std::size_t>(token.substr(0, first));
  const auto expires_s = number_in<std::int64_t>(token.substr(std::min(token.size(), last + 1)));
  if (!process || !expires_s) return forged("nobody was given this token");
  const std::string scope = fmt::format("{}/{}/sqs/aws4_request", date.substr(0, 8), simulated_region);
  if (part(authorization, "Credential=") != fmt::format("ASIA{:04}/{}", *process, scope))
    return forged("its key, day, region or service is another");

  http::headers of_signature;
  for (const http::header& h : r.headers)
    if (is_in_list(names, h.name)) of_signature.add(h.name, h.value);
  const aws::canonical_request canonical =
      aws::canonicalize(r.method, r.target, of_signature, sha256_hex(r.body));
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, scope, sha256_hex(canonical.text));
  const std::string expected = aws::signature(key_for(secret_of(token), date.substr(0, 8)), to_sign);
  if (canonical.signed_headers != names || part(authorization, "Signature=") != expected)
    return forged("it does not fit the request");
  if (std::chrono::abs(now - *signed_at) > tolerance) return {standing::is::mistimed, {}, *process};
  if (now >= wall_time(std::chrono::seconds(*expires_s))) return {standing::is::expired, {}, *process};
  return {standing::is::good, {}, *process};
}

}  // namespace lastcall::simulation
