#pragma once

#include "aws/credentials_chain.hpp"
#include "aws/fake_environment.hpp"
#include "aws/fake_transport.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace lastcall::testing {

/// What the agent of a container, or of an instance, answers.
inline constexpr const char* role_keys =
    R"({"Code":"Success","AccessKeyId":"ASIAROLE","SecretAccessKey":"role secret","Token":"role token",)"
    R"("Expiration":"2026-01-01T06:00:00Z"})";

/// A search for credentials, in surroundings that the test makes up.
struct credentials_search {
  boost::asio::io_context context;
  manual_clock clock{context};
  fake_transport transport{clock};
  fake_environment env;
  aws::shared_config config;
  aws::profile profile{"default", {}, {}};
  aws::credentials_options options;

  result<std::unique_ptr<aws::credentials_provider>> make() {
    return aws::make_credentials_provider(config, profile, options, env.view(), transport, clock,
                                          context.get_executor());
  }
  result<aws::credentials_ptr> get() {
    auto provider = make();
    if (!provider) return provider.error();
    return clock.run((*provider)->get(steady_time::max()));
  }
  std::string id() { return get().value()->access_key_id; }
  std::string complaint() {
    const auto got = get();
    REQUIRE(got.has_error());
    return got.error().message;
  }
};

}  // namespace lastcall::testing
