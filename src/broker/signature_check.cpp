#include "broker/signature_check.hpp"

#include "base/hash.hpp"
#include "base/timestamp.hpp"
#include "broker/request_context.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace lastcall::broker {
namespace {

using problem = std::optional<api_error>;

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes tolerance{5};
constexpr std::string_view mismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details.";

/// AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…
struct authorization {
  std::string_view credential;
  std::string_view signed_headers;
  std::string_view signature;
};

/// <access key>/<day>/<region>/<service>/aws4_request
struct credential {
  std::string_view access_key, day, region, service, terminator;
  std::string_view scope;  ///< all but the access key
};

authorization parse_authorization(std::string_view text) {
  authorization found;
  text.remove_prefix(std::min(text.size(), algorithm.size()));
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    part.remove_prefix(std::min(part.size(), part.find_first_not_of(' ')));
    part = part.substr(0, part.find_last_not_of(' ') + 1);
    const std::string_view name = part.substr(0, part.find('='));
    const std::string_view value = part.substr(std::min(part.size(), name.size() + 1));
    if (name == "Credential") found.credential = value;
    if (name == "SignedHeaders") found.signed_headers = value;
    if (name == "Signature") found.signature = value;
  }
  return found;
}

/// Access keys may hold slashes, so the parts are counted from the end.
std::optional<credential> parse_credential(std::string_view text) {
  std::array<std::string_view, 4> last;  // day, region, service, terminator
  std::string_view rest = text;
  for (std::size_t i = last.size(); i > 0; --i) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    last[i - 1] = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (rest.empty()) return std::nullopt;
  return credential{rest, last[0], last[1], last[2], last[3], text.substr(rest.size() + 1)};
}

/// "20150830T123600Z"
std::optional<timestamp> parse_amz_date(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) { return text.substr(at, size); };
  return parse_rfc3339(fmt::format("{}-{}-{}{}{}:{}:{}", part(0, 4), part(4, 2), part(6, 2), part(8, 1),
                                   part(9, 2), part(11, 2), part(13, 3)));
}

std::string as_amz(wall_time t) { return std::string(aws::amz_date(t).text()); }

/// All that is missing is named, as AWS does.
problem check_is_complete(const authorization& a, bool has_date, std::string_view given) {
  std::string missing;
  const auto require = [&](bool is_there, std::string_view name) {
    if (!is_there) missing += fmt::format("Authorization header requires '{}' parameter. ", name);
  };
  require(!a.credential.empty(), "Credential");
  require(!a.signature.empty(), "Signature");
  require(!a.signed_headers.empty(), "SignedHeaders");
  if (!has_date)
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  if (missing.empty()) return std::nullopt;
  return faults::incomplete_signature(missing + "Authorization=" + std::string(given));
}

problem check_scope(const credential& c, std::string_view date) {
  if (c.terminator != "aws4_request")
    return faults::signature_does_not_match(fmt::format(
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.", c.terminator));
  if (c.service != "sqs")
    return faults::signature_does_not_match("Credential should be scoped to correct service: 'sqs'.");
  if (c.day != date.substr(0, 8))
    return faults::signature_does_not_match(fmt::format(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != "
        "'{}', from '{}'.",
        c.day, date.substr(0, 8), date));
  return std::nullopt;
}

problem check_time(timestamp signed_at, wall_time now) {
  const wall_time earliest = now - tolerance;
  const wall_time latest = now + tolerance;
  if (signed_at < earliest)
    return faults::signature_does_not_match(
        fmt::format("Signature expired: {} is now earlier than {} ({} - 5 min.)", as_amz(signed_at),
                    as_amz(earliest), as_amz(now)));
  if (signed_at > latest)
    return faults::signature_does_not_match(
        fmt::format("Signature not yet current: {} is still later than {} ({} + 5 min.)", as_amz(signed_at),
                    as_amz(latest), as_amz(now)));
  return std::nullopt;
}

bool is_listed(std::string_view name, std::string_view list) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(';'));
    if (one == lower) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

http::headers only(std::string_view signed_headers, const http::headers& all) {
  http::headers chosen;
  for (const http::header& h : all)
    if (is_listed(h.name, signed_headers)) chosen.add(h.name, h.value);
  return chosen;
}

/// Takes as long for a wrong signature that is nearly right as for any other.
bool is_same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<api_error> signature_check::operator()(const http::request& request, wall_time now) {
  const std::string_view given = request.headers.get("Authorization");
  if (given.empty())
    return faults::access_denied(fmt::format("{}{}", request.headers.get("Host"), path_of(request.target)));
  if (!given.starts_with(algorithm))
    return faults::incomplete_signature(
        fmt::format("Authorization header requires '{}' as its algorithm. Authorization={}", algorithm,
                    given.substr(0, given.find(' '))));
  const authorization a = parse_authorization(given);
  std::string date(request.headers.get("X-Amz-Date"));
  if (const auto plain = parse_http_date(request.headers.get("Date")); date.empty() && plain)
    date = as_amz(*plain);
  if (problem wrong = check_is_complete(a, !date.empty(), given)) return wrong;
  const std::optional<timestamp> signed_at = parse_amz_date(date);
  if (!signed_at)
    return faults::incomplete_signature(
        fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                    "http://en.wikipedia.org/wiki/ISO_8601",
                    date));
  const std::optional<credential> c = parse_credential(a.credential);
  if (!c)
    return faults::incomplete_signature(
        fmt::format("Credential must have at least 5 slash-delimited elements, in '{}'.", a.credential));
  const auto known = keys_.find(c->access_key);
  if (known == keys_.end()) return faults::invalid_client_token();
  if (problem wrong = check_scope(*c, date)) return wrong;
  if (problem wrong = check_time(*signed_at, now)) return wrong;
  if (!is_listed("host", a.signed_headers))
    return faults::signature_does_not_match(
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  const aws::canonical_request canonical = aws::canonicalize(
      request.method, request.target, only(a.signed_headers, request.headers), sha256_hex(request.body));
  const std::string expected =
      aws::signature(key_for(known->second, c->scope),
                     aws::string_to_sign(aws::amz_date(*signed_at), c->scope, canonical.text));
  // A header that was signed but did not come is missing from the canonical request, and so from this list.
  if (canonical.signed_headers != a.signed_headers || !is_same(expected, a.signature))
    return faults::signature_does_not_match(std::string(mismatch));
  return std::nullopt;
}

const aws::signing_key& signature_check::key_for(const std::string& secret, std::string_view scope) {
  std::string wanted = fmt::format("{}\n{}", scope, secret);
  if (wanted != kept_for_) {
    const std::string_view day = scope.substr(0, scope.find('/'));
    std::string_view region = scope.substr(day.size() + 1);
    region = region.substr(0, region.find('/'));
    kept_ = aws::derive_signing_key(secret, day, region, "sqs");
    kept_for_ = std::move(wanted);
  }
  return kept_;
}

}  // namespace lastcall::broker
