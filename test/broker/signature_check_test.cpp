#include "broker/signature_check.hpp"

#include "aws/sigv4.hpp"
#include "base/timestamp.hpp"
#include "broker/server_world.hpp"

namespace lastcall::broker {
namespace {

const known_keys keys{{"AKIDEXAMPLE", "secret:with/colon"}, {"OTHER", "another"}};
const wall_time noon = *parse_rfc3339("2026-05-04T12:00:00Z");

http::request signed_request(const std::string& key = "AKIDEXAMPLE",
                             const std::string& secret = "secret:with/colon", wall_time when = noon,
                             const std::string& service = "sqs") {
  http::request request;
  request.method = "POST";
  request.target = "/000000000000/a%20b?x=1&a=";
  request.headers.add("Host", "localhost:9324");
  request.headers.add("X-Amz-Target", "AmazonSQS.ListQueues");
  request.body = "{}";
  aws::signer("eu-central-1", service).sign(request, {key, secret, {}, {}}, when);
  request.headers.add("User-Agent", "not signed");
  return request;
}

/// The request with one header changed; an empty value takes it out.
http::request with(const http::request& from, std::string_view name, const std::string& value) {
  http::request changed = from;
  changed.headers = {};
  for (const http::header& h : from.headers)
    if (h.name != name) changed.headers.add(h.name, h.value);
  if (!value.empty()) changed.headers.add(std::string(name), value);
  return changed;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), by);
}

/// The older code and the message of the refusal; nothing where it is accepted.
std::string verdict(const http::request& request, wall_time now = noon) {
  signature_check check(keys);
  const auto refused = check(request, now);
  return refused ? std::string(refused->query_code) + ": " + refused->message : "";
}

}  // namespace

TEST_CASE("a request that is signed well is accepted, for each key that is known") {
  CHECK(verdict(signed_request()).empty());
  CHECK(verdict(signed_request("OTHER", "another")).empty());
  signature_check check(keys);  // with one key after the other, and another day
  for (const wall_time when : {noon, noon + std::chrono::hours(24), noon})
    for (const auto& [key, secret] : keys)
      CHECK_FALSE(check(signed_request(key, secret, when), when));
}

TEST_CASE("a change of anything that is signed is noticed") {
  const auto does_not_match = [](const http::request& request) {
    return verdict(request).starts_with("SignatureDoesNotMatch: The request signature we calculated");
  };
  const http::request good = signed_request();
  http::request changed = good;
  changed.body = "{ }";
  CHECK(does_not_match(changed));
  changed = good;
  changed.method = "GET";
  CHECK(does_not_match(changed));
  changed = good;
  changed.target = "/000000000000/other?x=1&a=";
  CHECK(does_not_match(changed));
  changed = good;
  changed.target = "/000000000000/a%20b?x=2&a=";
  CHECK(does_not_match(changed));
  CHECK(does_not_match(with(good, "Host", "elsewhere")));
  CHECK(does_not_match(with(good, "X-Amz-Target", "AmazonSQS.DeleteQueue")));
  CHECK(does_not_match(with(good, "X-Amz-Target", {})));
  CHECK(does_not_match(signed_request("AKIDEXAMPLE", "wrong")));
  changed = good;
  changed.headers.add("X-Amz-Target", "AmazonSQS.DeleteQueue");
  CHECK(does_not_match(changed));
  CHECK(verdict(with(good, "User-Agent", "another")).empty());
}

TEST_CASE("a signature is good for five minutes, each way") {
  using namespace std::chrono_literals;
  CHECK(verdict(signed_request(), noon + 5min).empty());
  CHECK(verdict(signed_request(), noon - 5min).empty());
  CHECK(verdict(signed_request(), noon + 5min + 1s) ==
        "SignatureDoesNotMatch: Signature expired: 20260504T120000Z is now earlier than 20260504T120001Z "
        "(20260504T120501Z - 5 min.)");
  CHECK(verdict(signed_request(), noon - 6min) ==
        "SignatureDoesNotMatch: Signature not yet current: 20260504T120000Z is still later than "
        "20260504T115900Z (20260504T115400Z + 5 min.)");
}

TEST_CASE("an unknown access key is told apart from a wrong signature") {
  CHECK(verdict(signed_request("NOBODY", "another")) ==
        "InvalidClientTokenId: The security token included in the request is invalid.");
}

TEST_CASE("a request without a signature is told so") {
  CHECK(verdict(with(signed_request(), "Authorization", {})) ==
        "AccessDenied: Access to the resource localhost:9324/000000000000/a%20b is denied.");
}

TEST_CASE("a signature that lacks a part is told which") {
  const http::request good = signed_request();
  const std::string_view full = good.headers.get("Authorization");
  const auto without = [&](std::string_view what, std::string_view by = "") {
    return verdict(with(good, "Authorization", replaced(full, what, by)));
  };
  CHECK(without("Signature=")
            .starts_with("IncompleteSignature: Authorization header requires 'Signature' parameter. "
                         "Authorization=AWS4"));
  CHECK(without("SignedHeaders=").find("requires 'SignedHeaders' parameter") != std::string::npos);
  CHECK(without("Credential=").find("requires 'Credential' parameter") != std::string::npos);
  CHECK(without("AWS4-HMAC-SHA256", "AWS").starts_with("IncompleteSignature: "));
  CHECK(without("AKIDEXAMPLE/20260504/", "").starts_with("IncompleteSignature: Credential must have"));
  CHECK(verdict(with(good, "X-Amz-Date", {})).find("either a 'X-Amz-Date' or a 'Date' header") !=
        std::string::npos);
  CHECK(verdict(with(good, "X-Amz-Date", "2026-05-04T12:00")).find("Date must be in ISO-8601") !=
        std::string::npos);
  CHECK(verdict(with(good, "Authorization", "AWS4-HMAC-SHA256")).starts_with("IncompleteSignature: "));
}

TEST_CASE("a signature for another service, day or scheme is told so") {
  CHECK(verdict(signed_request("OTHER", "another", noon, "sns")) ==
        "SignatureDoesNotMatch: Credential should be scoped to correct service: 'sqs'.");
  const http::request good = signed_request();
  const std::string_view full = good.headers.get("Authorization");
  CHECK(verdict(with(good, "Authorization", replaced(full, "/20260504/", "/20260503/")))
            .find("Date in Credential scope does not match") != std::string::npos);
  CHECK(verdict(with(good, "Authorization", replaced(full, "aws4_request", "aws3_request")))
            .find("valid terminator") != std::string::npos);
  CHECK(verdict(with(good, "Authorization", replaced(full, "=host;", "="))).find("'Host' or ':authority'") !=
        std::string::npos);
}

TEST_CASE("a server with keys refuses in both protocols, and serves its own paths without a signature") {
  server_options options;
  options.keys = keys;
  server_world w(options);
  const http::response in_json = w.json("ListQueues", nlohmann::json::object());
  CHECK(in_json.status == 403);
  CHECK(in_json.headers.get("x-amzn-query-error") == "AccessDenied;Sender");
  CHECK(in_json.body.find("com.amazon.coral.service#AccessDeniedException") != std::string::npos);
  const http::response in_form = w.form("Action=ListQueues");
  CHECK(in_form.status == 403);
  CHECK(in_form.body.find("<Code>AccessDenied</Code>") != std::string::npos);
  CHECK(w.get("/healthz").status == 200);
  http::request good = server_world::json_request("ListQueues", nlohmann::json::object());
  good.headers.add("Host", "memory:50000");
  aws::signer("us-east-1", "sqs").sign(good, {"OTHER", "another", {}, {}}, w.clock.wall_now());
  CHECK(w.ask(good).status == 200);
}

}  // namespace lastcall::broker
