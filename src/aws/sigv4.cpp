#include "aws/sigv4.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>
#include <vector>

namespace lastcall::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool less_by_name(const http::header* a, const http::header* b) noexcept {
  return std::lexicographical_compare(a->name.begin(), a->name.end(), b->name.begin(), b->name.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text)
    out.push_back(lower(c));
}

/// Trimmed, with each run of white space as one space.
void append_trimmed(std::string& out, std::string_view value) {
  const std::size_t start = out.size();
  bool space = false;
  for (const char c : value) {
    if (is_space(c)) {
      space = out.size() > start;
    } else {
      if (std::exchange(space, false)) out.push_back(' ');
      out.push_back(c);
    }
  }
}

void append_headers(canonical_request& out, const http::headers& headers) {
  std::vector<const http::header*> sorted;
  sorted.reserve(headers.size());
  for (const http::header& header : headers)
    sorted.push_back(&header);
  std::sort(sorted.begin(), sorted.end(), [](const http::header* a, const http::header* b) {
    if (less_by_name(a, b)) return true;
    return !less_by_name(b, a) && a < b;  // the order of the wire: they stand in one vector
  });
  const http::header* previous = nullptr;
  for (const http::header* header : sorted) {
    if (previous != nullptr && !less_by_name(previous, header)) {
      out.text.back() = ',';  // in place of the line's end: a further value of the same name
    } else {
      append_lower(out.text, header->name);
      out.text.push_back(':');
      if (previous != nullptr) out.signed_headers.push_back(';');
      append_lower(out.signed_headers, header->name);
    }
    append_trimmed(out.text, header->value);
    out.text.push_back('\n');
    previous = header;
  }
}

/// Takes out empty segments, "." and "..", as RFC 3986 §5.2.4 does; keeps a slash at the end.
std::string normalized(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(path.front() == '/' ? 1 : 0);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment == "..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
    } else if (!segment.empty() && segment != ".") {
      out.push_back('/');
      out += segment;
    }
    if (path == "/" && !out.empty()) return out + "/";
  }
  return out.empty() ? "/" : out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
    parameters.emplace_back(percent_encode(percent_decode(parameter.substr(0, equals))),
                            percent_encode(percent_decode(value)));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out.push_back('&');
    out += name;
    out.push_back('=');
    out += value;
  }
  return out;
}

}  // namespace

amz_date::amz_date(wall_time when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  const auto put = [this](std::size_t at, int digits, unsigned value) {
    for (; digits > 0; --digits, value /= 10)
      text_[at + static_cast<std::size_t>(digits) - 1] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(4, 2, static_cast<unsigned>(date.month()));
  put(6, 2, static_cast<unsigned>(date.day()));
  text_[8] = 'T';
  put(9, 2, static_cast<unsigned>(time.hours().count()));
  put(11, 2, static_cast<unsigned>(time.minutes().count()));
  put(13, 2, static_cast<unsigned>(time.seconds().count()));
  text_[15] = 'Z';
}

canonical_request canonicalize(std::string_view method, std::string_view target, const http::headers& headers,
                               std::string_view payload_hash, path_form form) {
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  canonical_request out;
  out.text.reserve(1024);
  out.text += method;
  out.text.push_back('\n');
  if (path == "/")
    out.text.push_back('/');
  else
    out.text +=
        form == path_form::normalized ? percent_encode(normalized(path), true) : percent_encode(path, true);
  out.text.push_back('\n');
  if (!query.empty()) out.text += canonical_query(query);
  out.text.push_back('\n');
  append_headers(out, headers);
  out.text.push_back('\n');
  out.text += out.signed_headers;
  out.text.push_back('\n');
  out.text += payload_hash;
  return out;
}

std::string credential_scope(std::string_view day, std::string_view region, std::string_view service) {
  std::string out(day);
  out.push_back('/');
  out += region;
  out.push_back('/');
  out += service;
  out += "/aws4_request";
  return out;
}

std::string string_to_sign(const amz_date& date, std::string_view scope,
                           std::string_view canonical_request_text) {
  std::string out;
  out.reserve(algorithm.size() + date.text().size() + scope.size() + 64 + 3);
  out += algorithm;
  out.push_back('\n');
  out += date.text();
  out.push_back('\n');
  out += scope;
  out.push_back('\n');
  out += sha256_hex(canonical_request_text);
  return out;
}

signing_key derive_signing_key(std::string_view secret_access_key, std::string_view day,
                               std::string_view region, std::string_view service) {
  const signing_key of_day = hmac_sha256("AWS4" + std::string(secret_access_key), day);
  const signing_key of_region = hmac_sha256(as_text(of_day), region);
  const signing_key of_service = hmac_sha256(as_text(of_region), service);
  return hmac_sha256(as_text(of_service), "aws4_request");
}

std::string signature(const signing_key& key, std::string_view string_to_sign) {
  return to_hex(as_text(hmac_sha256(as_text(key), string_to_sign)));
}

signer::signer(std::string region, std::string service)
    : region_(std::move(region)), service_(std::move(service)) {}

const signing_key& signer::key_for(const credentials& who, std::string_view day) {
  if (!scope_.starts_with(day) || key_secret_ != who.secret_access_key) {
    scope_ = credential_scope(day, region_, service_);
    key_secret_ = who.secret_access_key;
    key_ = derive_signing_key(key_secret_, day, region_, service_);
  }
  return key_;
}

void signer::sign(http::request& request, const credentials& who, wall_time now) {
  assert(request.headers.has("Host"));
  const amz_date date(now);
  request.headers.add("X-Amz-Date", std::string(date.text()));
  if (!who.session_token.empty()) request.headers.add("X-Amz-Security-Token", who.session_token);
  const signing_key& key = key_for(who, date.day());
  const canonical_request canonical =
      canonicalize(request.method, request.target, request.headers, sha256_hex(request.body));
  std::string authorization(algorithm);
  authorization += " Credential=";
  authorization += who.access_key_id;
  authorization.push_back('/');
  authorization += scope_;
  authorization += ", SignedHeaders=";
  authorization += canonical.signed_headers;
  authorization += ", Signature=";
  authorization += signature(key, string_to_sign(date, scope_, canonical.text));
  request.headers.add("Authorization", std::move(authorization));
}

}  // namespace lastcall::aws
