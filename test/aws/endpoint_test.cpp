#include "aws/endpoint.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace lastcall;
using namespace lastcall::aws;

namespace {

nlohmann::json data(const char* name) {
  std::ifstream file(std::string(LASTCALL_TEST_DATA "/aws/") + name);
  REQUIRE(file.good());
  return nlohmann::json::parse(file);
}

endpoint_parameters parameters_of(const nlohmann::json& test_case) {
  const nlohmann::json p = test_case.value("params", nlohmann::json::object());
  endpoint_parameters out;
  out.region = p.value("Region", "");
  out.use_fips = p.value("UseFIPS", false);
  out.use_dual_stack = p.value("UseDualStack", false);
  if (p.contains("Endpoint")) out.custom = p.at("Endpoint").get<std::string>();
  return out;
}

}  // namespace

TEST_CASE("every official case gives its endpoint, or an error") {
  const nlohmann::json cases = data("sqs-endpoint-tests-1.json").at("testCases");
  REQUIRE(cases.size() > 40);
  for (const nlohmann::json& c : cases) {
    CAPTURE(c.at("documentation").get<std::string>());
    const result<std::string> endpoint = resolve_endpoint(parameters_of(c));
    const nlohmann::json& expected = c.at("expect");
    CHECK(endpoint.has_error() == expected.contains("error"));
    if (expected.contains("endpoint"))
      CHECK(endpoint.value() == expected.at("endpoint").at("url").get<std::string>());
    if (endpoint.has_error()) CHECK(endpoint.error().kind == error_kind::invalid);
  }
}

TEST_CASE("every region of every partition has the domains of its partition") {
  const nlohmann::json partitions = data("partitions.json").at("partitions");
  for (const nlohmann::json& partition : partitions) {
    const nlohmann::json& outputs = partition.at("outputs");
    for (const auto& [region, unused] : partition.at("regions").items()) {
      if (region.ends_with("-global")) continue;  // not a region, but what global services sign with
      CAPTURE(region);
      const std::string host = "sqs." + region + "." + outputs.at("dnsSuffix").get<std::string>();
      CHECK(resolve_endpoint({.region = region, .custom = {}}).value() == "https://" + host);
      CHECK(is_aws_host(host));
      CHECK(region_in_host(host) == region);
      const std::string dual = "sqs." + region + "." + outputs.at("dualStackDnsSuffix").get<std::string>();
      CHECK(resolve_endpoint({.region = region, .use_dual_stack = true, .custom = {}}).value() ==
            "https://" + dual);
      CHECK(is_aws_host(dual));
      CHECK(region_in_host(dual) == region);
    }
  }
}

TEST_CASE("what is not a region never becomes a part of a host") {
  for (const char* region :
       {"us-east-1.evil.example", "us-east-1/", "us east 1", "US-EAST-1", "-us", "us-", "a@b", "a:b"}) {
    CAPTURE(std::string(region));
    const auto refused = resolve_endpoint({.region = region, .custom = {}});
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == error_kind::invalid);
  }
}

TEST_CASE("only hosts inside of AWS's domains are AWS's") {
  CHECK(is_aws_host("vpce-0a-b.sqs.us-east-1.vpce.amazonaws.com"));
  CHECK_FALSE(is_aws_host("localhost"));
  CHECK_FALSE(is_aws_host("sqs.us-east-1.localhost.localstack.cloud"));
  CHECK_FALSE(is_aws_host("evilamazonaws.com"));
  CHECK_FALSE(is_aws_host("amazonaws.com.example"));
  CHECK_FALSE(is_aws_host(""));
}

TEST_CASE("the region is read out of the hosts of queues") {
  CHECK(region_in_host("sqs.eu-west-1.amazonaws.com") == "eu-west-1");
  CHECK(region_in_host("sqs-fips.us-gov-west-1.amazonaws.com") == "us-gov-west-1");
  CHECK(region_in_host("eu-central-1.queue.amazonaws.com") == "eu-central-1");
  CHECK(region_in_host("queue.amazonaws.com") == "us-east-1");
  CHECK(region_in_host("vpce-0a-b.sqs.ap-southeast-2.vpce.amazonaws.com") == "ap-southeast-2");
  CHECK(region_in_host("sqs.us-east-1.localhost.localstack.cloud") == "us-east-1");
  CHECK_FALSE(region_in_host("localhost").has_value());
  CHECK_FALSE(region_in_host("sqs.example.com").has_value());
  CHECK_FALSE(region_in_host("127.0.0.1").has_value());
  CHECK_FALSE(region_in_host("").has_value());
}
