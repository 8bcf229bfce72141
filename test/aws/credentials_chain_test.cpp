#include "aws/credentials_chain.hpp"

#include "aws/credentials_search.hpp"
#include "aws/instance_metadata.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using fixture = lastcall::testing::credentials_search;

namespace {

using lastcall::testing::role_keys;

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("keys in the environment come first, with their session token") {
  fixture f;
  f.env.variables = {
      {"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
  f.profile.settings = {{"aws_access_key_id", "AKIAPROFILE"}, {"aws_secret_access_key", "p"}};
  const credentials_ptr got = f.get().value();
  CHECK(got->access_key_id == "AKIAENV");
  CHECK(got->secret_access_key == "s");
  CHECK(got->session_token == "t");
  CHECK_FALSE(got->expires.has_value());
}

TEST_CASE("a profile that an option names comes before the environment") {
  fixture f;
  f.env.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  f.profile.settings = {
      {"aws_access_key_id", "AKIAPROFILE"}, {"aws_secret_access_key", "p"}, {"aws_session_token", "pt"}};
  f.options.profile_is_named = true;
  const credentials_ptr got = f.get().value();
  CHECK(got->access_key_id == "AKIAPROFILE");
  CHECK(got->session_token == "pt");
}

TEST_CASE("half a pair of keys is an error that says which half is missing") {
  fixture f;
  f.env.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}};
  CHECK(has(f.complaint(), "but not the secret access key"));
  f.env.variables = {{"AWS_SECRET_ACCESS_KEY", "hush"}};
  CHECK(has(f.complaint(), "but not the access key id"));
  f.env.variables.clear();
  f.profile = {"prod", {{"aws_access_key_id", "AKIAPROFILE"}}, {}};
  CHECK(has(f.complaint(), "the AWS profile 'prod'"));
}

TEST_CASE("keys that can't stand in a header are refused, and not shown") {
  for (const char* secret : {"hush\n", "hu sh", "hu\xC3\xBCsh", "hush\r\nX-Evil: 1"}) {
    fixture f;
    f.env.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", secret}};
    const auto got = f.get();
    REQUIRE(got.has_error());
    CHECK(got.error().kind == error_kind::invalid);
    CHECK(has(got.error().message, "AWS_SECRET_ACCESS_KEY"));
    CHECK_FALSE(has(got.error().message, "hu"));
  }
}

TEST_CASE("the container's agent is asked at the address of ECS") {
  fixture f;
  f.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/0a1b";
  f.transport.reply(200, role_keys);
  const credentials_ptr got = f.get().value();
  CHECK(got->access_key_id == "ASIAROLE");
  CHECK(got->session_token == "role token");
  CHECK(got->expires == std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 6h);
  REQUIRE(f.transport.seen().size() == 1);
  CHECK(f.transport.seen()[0].origin == http::origin{false, "169.254.170.2", 80});
  CHECK(f.transport.seen()[0].request.target == "/v2/credentials/0a1b");
  CHECK_FALSE(f.transport.seen()[0].request.headers.has("Authorization"));
}

TEST_CASE("the container's agent is asked 3 times, 2 seconds each, with a pause") {
  fixture f;
  f.env.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  f.transport.reply(500, "not yet");
  f.transport.fail(error_kind::network);
  CHECK(has(f.complaint(), "agent: no answer in time"));
  CHECK(f.transport.seen().size() == 3);
  CHECK(f.clock.elapsed() == 4s);
  CHECK(f.transport.seen()[2].deadline - f.transport.seen()[2].sent_at == 2s);
}

TEST_CASE("asking the container's agent ends by the deadline") {
  fixture f;
  f.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  auto provider = f.make().value();
  const steady_time deadline = f.clock.now() + 2500ms;
  CHECK(f.clock.run(provider->get(deadline)).has_error());
  CHECK(f.clock.now() <= deadline);
  const steady_time short_deadline = f.clock.now() + 500ms;
  CHECK(f.clock.run(provider->get(short_deadline)).has_error());
  CHECK(f.clock.now() == short_deadline);
}

TEST_CASE("plain http leads only to this machine and the agents' addresses") {
  for (const char* uri :
       {"http://169.254.170.23/x", "http://[fd00:ec2::23]/x", "http://127.0.0.1:1234/x", "http://127.9.9.9/x",
        "http://localhost/x", "http://[::1]/x", "https://example.com/x"}) {
    CAPTURE(std::string(uri));
    fixture f;
    f.env.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    f.transport.reply(200, role_keys);
    CHECK(f.id() == "ASIAROLE");
  }
  for (const char* uri : {"http://example.com/x", "http://169.254.170.3/x", "http://127.evil.example/x",
                          "http://0.0.0.0/x", "ftp://localhost/x", "/only/a/path"}) {
    CAPTURE(std::string(uri));
    fixture f;
    f.env.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri;
    const auto made = f.make();
    REQUIRE(made.has_error());
    CHECK(made.error().kind == error_kind::invalid);
    CHECK(f.transport.seen().empty());
  }
}

TEST_CASE("the token file is read again at every fetch, and wins over the token") {
  fixture f;
  f.env.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "from the variable"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"}};
  f.env.files["/token"] = "first";
  f.transport.reply(200, role_keys);
  f.transport.reply(200, role_keys);
  auto provider = f.make().value();
  CHECK(f.clock.run(provider->get(steady_time::max())).has_value());
  f.env.files["/token"] = "second";
  f.clock.advance(6h);
  CHECK(f.clock.run(provider->get(steady_time::max())).has_value());
  REQUIRE(f.transport.seen().size() == 2);
  CHECK(f.transport.seen()[0].request.headers.get("Authorization") == "first");
  CHECK(f.transport.seen()[1].request.headers.get("Authorization") == "second");
}

TEST_CASE("a token file that is gone is a passing trouble, told at once") {
  fixture f;
  f.env.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token"}};
  auto provider = f.make().value();
  const auto got = f.clock.run(provider->get(steady_time::max()));
  CHECK(got.error().kind == error_kind::io);
  CHECK(has(got.error().message, "'/token', which does not exist"));
  CHECK(f.clock.elapsed() == 0s);
  f.env.files["/token"] = "token";
  f.transport.reply(200, role_keys);
  CHECK(f.clock.run(provider->get(steady_time::max())).has_value());
}

TEST_CASE("a token with a line break never becomes a header") {
  fixture f;
  f.env.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush\r\nX-Evil: 1"}};
  CHECK(has(f.complaint(), "line break"));
  CHECK_FALSE(has(f.complaint(), "hush"));
  CHECK(f.transport.seen().empty());
  CHECK(f.clock.elapsed() == 0s);  // it would not be better at the next attempt
}

TEST_CASE("an instance's role is asked for with a session token, version 2 of the service only") {
  fixture f;
  f.transport.reply(200, "IMDS-TOKEN");
  f.transport.reply(200, "my-role\n");
  f.transport.reply(200, role_keys);
  CHECK(f.id() == "ASIAROLE");
  REQUIRE(f.transport.seen().size() == 3);
  const auto& seen = f.transport.seen();
  CHECK(seen[0].origin == http::origin{false, "169.254.169.254", 80});
  CHECK(seen[0].request.method == "PUT");
  CHECK(seen[0].request.target == "/latest/api/token");
  CHECK(seen[0].request.headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(seen[1].request.target == "/latest/meta-data/iam/security-credentials/");
  CHECK(seen[1].request.headers.get("x-aws-ec2-metadata-token") == "IMDS-TOKEN");
  CHECK(seen[2].request.target == "/latest/meta-data/iam/security-credentials/my-role");
}

TEST_CASE("outside of EC2 it takes a second to say that there are no credentials, and what to do") {
  fixture f;
  const auto got = f.get();
  REQUIRE(got.has_error());
  CHECK(got.error().kind == error_kind::io);  // not `invalid`: on EC2 it may be there a moment later
  CHECK(has(got.error().message, "no credentials found: set AWS_ACCESS_KEY_ID"));
  CHECK(f.clock.elapsed() == 1s);
}

TEST_CASE("the metadata service can be turned off and be elsewhere") {
  fixture f;
  f.env.variables["AWS_EC2_METADATA_DISABLED"] = "TRUE";
  CHECK(has(f.complaint(), "AWS_EC2_METADATA_DISABLED"));
  CHECK(f.make().error().kind == error_kind::invalid);
  CHECK(f.transport.seen().empty());
  f.env.variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}};
  CHECK(f.get().has_error());
  CHECK(f.transport.seen().back().origin.host == "fd00:ec2::254");
  f.env.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://imds.test:8080/base/";
  CHECK(f.get().has_error());
  CHECK(f.transport.seen().back().origin == http::origin{false, "imds.test", 8080});
  CHECK(f.transport.seen().back().request.target == "/base/latest/api/token");
}

TEST_CASE("the metadata service tells the region of the instance") {
  fixture f;
  f.transport.reply(200, "IMDS-TOKEN");
  f.transport.reply(200, "eu-west-3\n");
  instance_metadata metadata(parse_location("http://169.254.169.254").value(), f.transport, f.clock);
  CHECK(f.clock.run(metadata.region(steady_time::max())).value() == "eu-west-3");
  CHECK(f.transport.seen()[1].request.target == "/latest/meta-data/placement/region");
  CHECK(f.transport.seen()[1].request.headers.get("x-aws-ec2-metadata-token") == "IMDS-TOKEN");
  CHECK(f.clock.run(metadata.region(steady_time::max())).has_error());
  CHECK(f.clock.elapsed() == 1s);
}

TEST_CASE("asking the instance metadata service ends by the deadline") {
  fixture f;
  auto provider = f.make().value();
  const steady_time deadline = f.clock.now() + 300ms;
  CHECK(f.clock.run(provider->get(deadline)).has_error());
  CHECK(f.clock.now() == deadline);
  f.transport.reply(200, "IMDS-TOKEN");
  const steady_time later = f.clock.now() + 300ms;
  CHECK(f.clock.run(provider->get(later)).has_error());
  CHECK(f.clock.now() == later);
}

TEST_CASE("a metadata service that was there and is gone is a trouble of the network, not of the settings") {
  fixture f;
  f.transport.reply(200, "IMDS-TOKEN");
  f.transport.reply(200, "my-role");
  f.transport.reply(200, role_keys);
  auto provider = f.make().value();
  CHECK(f.clock.run(provider->get(steady_time::max())).has_value());
  f.clock.advance(7h);
  f.transport.fail(error_kind::network);
  CHECK(f.clock.run(provider->get(steady_time::max())).error().kind == error_kind::network);
}

TEST_CASE("a search for credentials that is cancelled is cancelled, and not without result") {
  fixture f;
  auto provider = f.make().value();
  asio::cancellation_signal cancel;
  std::optional<result<credentials_ptr>> got;
  const auto search = [](credentials_provider& in,
                         std::optional<result<credentials_ptr>>& into) -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    into = co_await in.get(steady_time::max());
  };
  asio::co_spawn(f.context, search(*provider, got),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  f.clock.advance(100ms);
  cancel.emit(asio::cancellation_type::terminal);
  f.clock.run_ready();
  REQUIRE(got.has_value());
  CHECK(got->error().kind == error_kind::cancelled);
}

TEST_CASE("an instance without a role says so") {
  fixture f;
  f.transport.reply(200, "IMDS-TOKEN");
  f.transport.reply(404, "Not Found");
  CHECK(has(f.complaint(), "no IAM role is attached"));
}

TEST_CASE("an answer without usable credentials is an error that does not show it") {
  for (const char* answer : {"", "rubbish hush", "[]", "{}", R"({"AccessKeyId":"hush"})",
                             R"({"AccessKeyId":"hush","SecretAccessKey":7})",
                             R"({"AccessKeyId":"hush","SecretAccessKey":"hush","Expiration":"tomorrow"})"}) {
    CAPTURE(std::string(answer));
    fixture f;
    f.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
    f.transport.reply(200, answer);
    const auto got = f.get();
    REQUIRE(got.has_error());
    CHECK(got.error().kind == error_kind::protocol);
    CHECK_FALSE(has(got.error().message, "hush"));
  }
}

TEST_CASE("the reason that the metadata service gives in a 200 is passed on") {
  fixture f;
  f.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  f.transport.reply(200,
                    R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role r"})");
  CHECK(has(f.complaint(), "AssumeRoleUnauthorizedAccess EC2 cannot assume the role r"));
}

TEST_CASE("for what is not AWS's, placeholders do where nothing is found") {
  fixture f;
  f.options.allow_placeholder = true;
  CHECK(f.id() == "test");
  f.profile.settings = {{"sso_session", "x"}};
  CHECK(f.id() == "test");
  f.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/another/identity";
  CHECK(f.id() == "test");
  CHECK(f.transport.seen().empty());
  f.env.variables = {{"AWS_ACCESS_KEY_ID", "AKIAENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  CHECK(f.id() == "AKIAENV");
}
