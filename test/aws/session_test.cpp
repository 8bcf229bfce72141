#include "aws/session.hpp"

#include "aws/fake_environment.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;

namespace {

struct fixture {
  testing::fake_environment env;
  session_options options;

  explicit fixture(std::string config = {}) {
    env.variables["HOME"] = "/home/me";
    env.files["/home/me/.aws/config"] = std::move(config);
  }
  result<aws::session> resolve() { return resolve_session(options, env.view()); }
  std::string endpoint() { return resolve().value().endpoint_url; }
  std::string region() { return resolve().value().region; }
  std::string complaint() {
    const auto resolved = resolve();
    REQUIRE(resolved.has_error());
    CHECK(resolved.error().kind == error_kind::invalid);
    return resolved.error().message;
  }
};

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

constexpr const char* with_endpoints =
    "[default]\nregion = eu-west-1\nendpoint_url = http://profile\nservices = local\n"
    "[services local]\nsqs =\n  endpoint_url = http://service\n";

}  // namespace

TEST_CASE("the region comes from the option, AWS_REGION, AWS_DEFAULT_REGION, the profile, in this order") {
  fixture f("[default]\nregion = profile-region-1\n");
  CHECK(f.region() == "profile-region-1");
  f.env.variables["AWS_DEFAULT_REGION"] = "default-region-1";
  CHECK(f.region() == "default-region-1");
  f.env.variables["AWS_REGION"] = "env-region-1";
  CHECK(f.region() == "env-region-1");
  f.options.region = "option-region-1";
  CHECK(f.region() == "option-region-1");
  CHECK(f.endpoint() == "https://sqs.option-region-1.amazonaws.com");
  CHECK(f.resolve().value().endpoint.origin == http::origin{true, "sqs.option-region-1.amazonaws.com", 443});
}

TEST_CASE("without a region and an endpoint it says what to set") {
  CHECK(has(fixture().complaint(), "no region: set --region, AWS_REGION"));
}

TEST_CASE("the instance is asked for its region only where nothing else tells it") {
  fixture f;
  int asked = 0;
  f.options.instance_region = [&]() -> std::optional<std::string> {
    ++asked;
    return "eu-south-1";
  };
  CHECK(f.endpoint() == "https://sqs.eu-south-1.amazonaws.com");
  CHECK(asked == 1);
  f.options.endpoint_url = "http://localhost:4566";
  CHECK(f.region() == "us-east-1");
  f.options.endpoint_url = std::nullopt;
  f.env.variables["AWS_REGION"] = "eu-west-1";
  CHECK(f.region() == "eu-west-1");
  CHECK(asked == 1);
  fixture nowhere;
  nowhere.options.instance_region = [] { return std::nullopt; };
  CHECK(has(nowhere.complaint(), "no region"));
}

TEST_CASE("the endpoint comes from the option, the variables, the services, the profile, in this order") {
  fixture f(with_endpoints);
  CHECK(f.endpoint() == "http://service");
  f.env.variables["AWS_ENDPOINT_URL"] = "http://all";
  CHECK(f.endpoint() == "http://all");
  f.env.variables["AWS_ENDPOINT_URL_SQS"] = "http://sqs";
  CHECK(f.endpoint() == "http://sqs");
  f.options.endpoint_url = "http://option";
  CHECK(f.endpoint() == "http://option");
  CHECK(f.region() == "eu-west-1");

  CHECK(fixture("[default]\nregion=eu-west-1\nendpoint_url = http://profile\n").endpoint() ==
        "http://profile");
}

TEST_CASE("configured endpoints can be ignored, the option can't") {
  fixture f(with_endpoints);
  f.env.variables["AWS_ENDPOINT_URL"] = "http://all";
  f.env.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  CHECK(f.endpoint() == "https://sqs.eu-west-1.amazonaws.com");
  f.options.endpoint_url = "http://option";
  CHECK(f.endpoint() == "http://option");
  fixture by_profile(
      "[default]\nregion=eu-west-1\nendpoint_url=http://p\nignore_configured_endpoint_urls = true\n");
  CHECK(by_profile.endpoint() == "https://sqs.eu-west-1.amazonaws.com");
  by_profile.env.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "false";
  CHECK(by_profile.endpoint() == "http://p");
}

TEST_CASE(
    "FIPS and dual-stack endpoints are had by variable and by profile, and not with a custom endpoint") {
  fixture f("[default]\nregion = us-east-1\nuse_fips_endpoint = true\n");
  CHECK(f.endpoint() == "https://sqs-fips.us-east-1.amazonaws.com");
  f.env.variables["AWS_USE_FIPS_ENDPOINT"] = "false";
  f.env.variables["AWS_USE_DUALSTACK_ENDPOINT"] = "true";
  CHECK(f.endpoint() == "https://sqs.us-east-1.api.aws");
  f.options.endpoint_url = "http://localhost";
  CHECK(has(f.complaint(), "AWS_USE_DUALSTACK_ENDPOINT"));
}

TEST_CASE("an endpoint that is not AWS's needs no region, and no credentials") {
  fixture f;
  f.options.endpoint_url = "http://localhost:4566";
  CHECK(f.region() == "us-east-1");
  CHECK(f.resolve().value().credentials.allow_placeholder);
  f.options.endpoint_url = "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com";
  CHECK_FALSE(f.resolve().value().credentials.allow_placeholder);
}

TEST_CASE("the URL of a queue tells the region, and the endpoint where that is not AWS's plain one") {
  fixture f;
  f.env.variables["AWS_REGION"] = "us-east-1";
  f.options.queue_url = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
  CHECK(f.region() == "eu-west-1");
  CHECK(f.endpoint() == "https://sqs.eu-west-1.amazonaws.com");
  f.options.queue_url = "https://eu-west-1.queue.amazonaws.com/123456789012/jobs";
  CHECK(f.endpoint() == "https://sqs.eu-west-1.amazonaws.com");
  f.options.queue_url = "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/123456789012/jobs";
  CHECK(f.endpoint() == "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com");
  f.options.queue_url = "http://localhost:9324/queue/jobs";
  CHECK(f.endpoint() == "http://localhost:9324");
  CHECK(f.region() == "us-east-1");
  f.env.variables["AWS_ENDPOINT_URL"] = "http://emulator:4566";
  CHECK(f.endpoint() == "http://emulator:4566");
  f.options.region = "eu-north-1";
  CHECK(f.region() == "eu-north-1");
}

TEST_CASE("the endpoint is shown without a password") {
  fixture f;
  f.options.endpoint_url = "http://me:hush@localhost:4566/base";
  CHECK(f.endpoint() == "http://localhost:4566/base");
}

TEST_CASE("what is no URL is refused") {
  fixture f;
  f.options.endpoint_url = "localhost:4566";
  CHECK(has(f.complaint(), "AWS_ENDPOINT_URL"));
  CHECK(has(f.complaint(), "'localhost:4566' is not a usable URL"));
  f.options.endpoint_url = std::nullopt;
  f.options.queue_url = "jobs";
  CHECK(has(f.complaint(), "'jobs' is not a usable URL"));
}

TEST_CASE("the trusted roots come from AWS_CA_BUNDLE or the profile") {
  fixture f("[default]\nregion = us-east-1\nca_bundle = /profile.pem\n");
  CHECK(f.resolve().value().ca_file == "/profile.pem");
  f.env.variables["AWS_CA_BUNDLE"] = "/env.pem";
  CHECK(f.resolve().value().ca_file == "/env.pem");
}

TEST_CASE("a profile that an option names must exist, and its keys come before the environment's") {
  fixture f("[profile a]\nregion = eu-west-1\n");
  f.options.profile = "a";
  CHECK(f.resolve().value().credentials.profile_is_named);
  f.options.profile = "b";
  CHECK(has(f.complaint(), "the profile 'b'"));
}
