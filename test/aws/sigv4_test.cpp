#include "aws/sigv4.hpp"

#include "base/encoding.hpp"
#include "base/hash.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

using namespace lastcall;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A folder of the signing cases.
struct signing_case {
  fs::path folder;
  nlohmann::json context;
  http::request request;

  std::string expected(const char* stage) const {
    return read(folder / ("header-" + std::string(stage) + ".txt"));
  }
  std::string text(const char* key) const { return context.at(key).get<std::string>(); }
  bool flag(const char* key) const { return context.value(key, false); }
  aws::credentials credentials() const {
    const nlohmann::json& who = context.at("credentials");
    return {who.at("access_key_id"), who.at("secret_access_key"), who.value("token", ""), {}};
  }
};

/// Reads "Name:value" lines, where a line that begins with a space continues the one before.
void read_headers(std::istream& lines, http::headers& out) {
  std::vector<http::header> headers;
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    if (line.front() == ' ') {
      headers.back().value += "\n" + line;
    } else {
      const std::size_t colon = line.find(':');
      headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
    }
  }
  for (http::header& h : headers)
    out.add(std::move(h.name), std::move(h.value));
}

signing_case read_case(const fs::path& folder) {
  signing_case out{folder, nlohmann::json::parse(read(folder / "context.json")), {}};
  std::istringstream text(read(folder / "request.txt"));
  std::string first;
  std::getline(text, first);
  const std::size_t space = first.find(' ');
  out.request.method = first.substr(0, space);
  out.request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  read_headers(text, out.request.headers);
  out.request.body.assign(std::istreambuf_iterator<char>(text), {});
  if (out.flag("sign_body")) out.request.headers.add("x-amz-content-sha256", sha256_hex(out.request.body));
  return out;
}

std::vector<signing_case> all_cases() {
  std::vector<signing_case> cases;
  for (const auto& entry : fs::directory_iterator(fs::path(LASTCALL_TEST_DATA) / "sigv4"))
    if (entry.is_directory()) cases.push_back(read_case(entry.path()));
  return cases;
}

const wall_time case_time = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) + std::chrono::hours(12) +
                            std::chrono::minutes(36);

http::request post_of(std::string body) {
  http::request request{.method = "POST", .target = "/", .headers = {}, .body = std::move(body)};
  request.headers.add("Host", "sqs.us-east-1.amazonaws.com");
  return request;
}

}  // namespace

TEST_CASE("every official case gives its canonical request, string to sign and signature") {
  const std::vector<signing_case> cases = all_cases();
  REQUIRE(cases.size() == 38);
  for (const signing_case& c : cases) {
    CAPTURE(c.folder.filename().string());
    REQUIRE(c.text("timestamp") == "2015-08-30T12:36:00Z");
    const aws::amz_date date(case_time);
    const aws::credentials who = c.credentials();
    http::headers headers = c.request.headers;
    headers.add("X-Amz-Date", std::string(date.text()));
    if (!who.session_token.empty() && !c.flag("omit_session_token"))
      headers.add("X-Amz-Security-Token", who.session_token);

    const auto form = c.flag("normalize") ? aws::path_form::normalized : aws::path_form::as_is;
    const aws::canonical_request canonical =
        aws::canonicalize(c.request.method, c.request.target, headers, sha256_hex(c.request.body), form);
    CHECK(canonical.text == c.expected("canonical-request"));

    const std::string scope = aws::credential_scope(date.day(), c.text("region"), c.text("service"));
    const std::string to_sign = aws::string_to_sign(date, scope, canonical.text);
    CHECK(to_sign == c.expected("string-to-sign"));

    const aws::signing_key key =
        aws::derive_signing_key(who.secret_access_key, date.day(), c.text("region"), c.text("service"));
    CHECK(aws::signature(key, to_sign) == c.expected("signature"));
  }
}

TEST_CASE("the signer's Authorization is the one of the official cases") {
  std::size_t signed_cases = 0;
  for (const signing_case& c : all_cases()) {
    if (!c.flag("normalize") || c.flag("omit_session_token"))
      continue;  // what no service but S3 and IoT asks for
    CAPTURE(c.folder.filename().string());
    aws::signer signer(c.text("region"), c.text("service"));
    http::request request = c.request;
    signer.sign(request, c.credentials(), case_time);
    const std::string line = "\nAuthorization:" + std::string(request.headers.get("Authorization")) + "\n";
    CHECK(c.expected("signed-request").find(line) != std::string::npos);
    ++signed_cases;
  }
  CHECK(signed_cases == 30);
}

TEST_CASE("a kept signing key serves one day and one secret only") {
  const aws::credentials first{"AKIDEXAMPLE", "first secret", "", {}};
  const aws::credentials second{"AKIDEXAMPLE", "second secret", "", {}};
  aws::signer used("us-east-1", "sqs");
  const auto sign = [](aws::signer& signer, const aws::credentials& who, wall_time when) {
    http::request request = post_of("{}");
    signer.sign(request, who, when);
    return std::string(request.headers.get("Authorization"));
  };
  const auto sign_afresh = [&](const aws::credentials& who, wall_time when) {
    aws::signer fresh("us-east-1", "sqs");
    return sign(fresh, who, when);
  };
  const wall_time last_second =
      case_time - std::chrono::minutes(36) + std::chrono::hours(12) - std::chrono::seconds(1);
  for (const wall_time when : {case_time, last_second, last_second + std::chrono::seconds(1), case_time})
    for (const aws::credentials& who : {first, second, first})
      CHECK(sign(used, who, when) == sign_afresh(who, when));
}

TEST_CASE("dates are written as signatures want them") {
  CHECK(aws::amz_date(case_time).text() == "20150830T123600Z");
  CHECK(aws::amz_date(case_time).day() == "20150830");
  CHECK(aws::amz_date(wall_time{}).text() == "19700101T000000Z");
  CHECK(aws::amz_date(case_time + std::chrono::milliseconds(59'999)).text() == "20150830T123659Z");
}

TEST_CASE("a path that is already encoded is encoded once more") {
  http::headers headers;
  headers.add("Host", "h");
  CHECK(aws::canonicalize("GET", "/a%20b/c", headers, "").text.starts_with("GET\n/a%2520b/c\n"));
}

TEST_CASE("parameters of a query are sorted by name, then by value") {
  http::headers headers;
  headers.add("Host", "h");
  CHECK(aws::canonicalize("GET", "/?b=2&a=2&&a=1&c&%2F=%2f&a-=0", headers, "")
            .text.starts_with("GET\n/\n%2F=%2F&a=1&a=2&a-=0&b=2&c=\n"));
}
