#include "aws/shared_config.hpp"

#include "aws/fake_environment.hpp"

#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::aws;
using lastcall::testing::fake_environment;

namespace {

shared_config config_of(std::string_view config, std::string_view credentials = {}) {
  shared_config out;
  add_config_file(out, config, "config").value();
  add_credentials_file(out, credentials, "credentials").value();
  return out;
}

std::string refusal(std::string_view config) {
  shared_config out;
  const result<void> read = add_config_file(out, config, "/home/me/.aws/config");
  REQUIRE(read.has_error());
  CHECK(read.error().kind == error_kind::invalid);
  return read.error().message;
}

}  // namespace

TEST_CASE("in the config file a profile has a prefix, the default one need not") {
  const shared_config c = config_of(
      "[default]\nregion = us-east-1\n[profile dev]\nregion=eu-west-1\n[profile\ttab ]\nregion = a\n"
      "[profile \"with space\"]\nregion = b\n[preview]\nregion = no\n[dev]\nregion = no\n");
  CHECK(c.profiles.size() == 4);
  CHECK(c.profiles.at("default").at("region") == "us-east-1");
  CHECK(c.profiles.at("dev").at("region") == "eu-west-1");
  CHECK(c.profiles.at("tab").at("region") == "a");
  CHECK(c.profiles.at("with space").at("region") == "b");
}

TEST_CASE("[profile default] wins over [default], wherever it stands") {
  CHECK(config_of("[profile default]\nregion=long\n[default]\nregion=short\noutput=x\n")
            .profiles.at("default") == settings{{"region", "long"}});
  CHECK(config_of("[default]\nregion=short\n[profile default]\nregion=long\n")
            .profiles.at("default")
            .at("region") == "long");
}

TEST_CASE("in the credentials file every section is a profile, and wins over the config file") {
  const shared_config c =
      config_of("[profile dev]\naws_access_key_id = config\nregion = eu-west-1\n",
                "[dev]\naws_access_key_id = credentials\n[other]\naws_access_key_id = o\n");
  CHECK(c.profiles.at("dev").at("aws_access_key_id") == "credentials");
  CHECK(c.profiles.at("dev").at("region") == "eu-west-1");
  CHECK(c.profiles.at("other").at("aws_access_key_id") == "o");
}

TEST_CASE("a section that comes twice is one, and the later of two settings counts") {
  const shared_config c = config_of("[default]\na=1\nb=1\n[profile x]\nc=3\n[default]\nb=2\nb=3\n");
  CHECK(c.profiles.at("default") == settings{{"a", "1"}, {"b", "3"}});
}

TEST_CASE("names of settings have no case, values keep theirs") {
  CHECK(config_of("[default]\nReGion = US\n").profiles.at("default") == settings{{"region", "US"}});
}

TEST_CASE("white space around names and values, empty lines and a byte order mark mean nothing") {
  const shared_config c = config_of("\xEF\xBB\xBF\r\n[default]\r\n\r\n  \nregion \t=\t us-east-1 \t\r\n");
  CHECK(c.profiles.at("default").at("region") == "us-east-1");
}

TEST_CASE("comments stand on their own line or after white space") {
  const shared_config c = config_of(
      "# one\n; two\n[default] # three\n  # indented\na = 1 # four\nb = 2 ;five\nc = se#cret;s\nd = # "
      "nothing\n");
  CHECK(c.profiles.at("default") == settings{{"a", "1"}, {"b", "2"}, {"c", "se#cret;s"}, {"d", ""}});
}

TEST_CASE("nested settings and the services section are read") {
  const shared_config c = config_of(
      "[profile dev]\nservices = local\ns3 =\n  addressing_style = path\n\n  max_queue_size=5\nregion = r\n"
      "[services local]\nsqs =\n  endpoint_url = http://localhost:4566 # here\ndynamodb "
      "=\n\tendpoint_url=http://d\n");
  CHECK(c.profiles.at("dev").at("s3.addressing_style") == "path");
  CHECK(c.profiles.at("dev").at("s3.max_queue_size") == "5");
  CHECK(c.profiles.at("dev").at("region") == "r");
  CHECK(c.services.at("local").at("sqs.endpoint_url") == "http://localhost:4566");
  CHECK(c.services.at("local").at("dynamodb.endpoint_url") == "http://d");
}

TEST_CASE("a value goes on in an indented line") {
  CHECK(config_of("[default]\ncredential_process = run\n  this\n")
            .profiles.at("default")
            .at("credential_process") == "run\nthis");
}

TEST_CASE("what can't be read is refused with file and line, and never with the line's content") {
  CHECK(refusal("a = 1\n") == "/home/me/.aws/config, line 1: a setting before the first [section]");
  CHECK(refusal("\n[default\na=1\n") ==
        "/home/me/.aws/config, line 2: the section's title has no closing ']'");
  CHECK(refusal("[default]\nsecret\n") == "/home/me/.aws/config, line 2: expected 'name = value'");
  CHECK(refusal("[default]\n= secret\n") == "/home/me/.aws/config, line 2: expected 'name = value'");
  CHECK(refusal("[default]\n  a = secret\n") ==
        "/home/me/.aws/config, line 2: an indented line must follow a setting");
  CHECK(refusal("[default]\ns3 =\n  secret\n") ==
        "/home/me/.aws/config, line 3: expected a nested 'name = value'");
}

TEST_CASE("a section that is left out may hold anything that can be read") {
  CHECK(config_of("[sso-session x]\nsso_region = us-east-1\nnested =\n  a = b\n").profiles.empty());
}

TEST_CASE("both files are found where the variables say, or in the home folder") {
  fake_environment env;
  env.variables["HOME"] = "/home/me";
  env.files["/home/me/.aws/config"] = "[default]\nregion = home\n";
  env.files["/home/me/.aws/credentials"] = "[default]\naws_access_key_id = home\n";
  env.files["/home/me/elsewhere"] = "[default]\nregion = elsewhere\n";
  env.files["/etc/keys"] = "[default]\naws_access_key_id = etc\n";
  const shared_config home = load_shared_config(env.view()).value();
  CHECK(home.profiles.at("default") == settings{{"region", "home"}, {"aws_access_key_id", "home"}});

  env.variables["AWS_CONFIG_FILE"] = "~/elsewhere";
  env.variables["AWS_SHARED_CREDENTIALS_FILE"] = "/etc/keys";
  const shared_config named = load_shared_config(env.view()).value();
  CHECK(named.profiles.at("default") == settings{{"region", "elsewhere"}, {"aws_access_key_id", "etc"}});
}

TEST_CASE("without files, and without a home, the shared configuration is empty") {
  fake_environment env;
  CHECK(load_shared_config(env.view()).value().profiles.empty());
  env.variables["HOME"] = "/home/me";
  CHECK(load_shared_config(env.view()).value().profiles.empty());
  env.variables["AWS_CONFIG_FILE"] = "/gone";
  CHECK(load_shared_config(env.view()).value().profiles.empty());
}

TEST_CASE("a file that exists and can't be read is an error") {
  environment env = fake_environment{}.view();
  env.variable = [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  };
  env.file = [](const std::string&) -> result<std::optional<std::string>> {
    return error{error_kind::io, "", "no permission"};
  };
  CHECK(load_shared_config(env).error().message == "no permission");
}

TEST_CASE("the profile is the named one, else that of AWS_PROFILE, else the default") {
  const shared_config c = config_of("[default]\nx=d\n[profile a]\nx=a\n[profile b]\nx=b\n");
  fake_environment env;
  CHECK(choose_profile(c, std::nullopt, env.view()).value().get("x") == "d");
  env.variables["AWS_PROFILE"] = "a";
  CHECK(choose_profile(c, std::nullopt, env.view()).value().get("x") == "a");
  CHECK(choose_profile(c, "b", env.view()).value().get("x") == "b");
  env.variables["AWS_PROFILE"] = "";
  CHECK(choose_profile(c, std::nullopt, env.view()).value().name == "default");
}

TEST_CASE("a named profile must exist, the default one need not") {
  const shared_config empty;
  fake_environment env;
  CHECK(choose_profile(empty, std::nullopt, env.view()).value().settings.empty());
  const auto missing = choose_profile(empty, "prod", env.view());
  REQUIRE(missing.has_error());
  CHECK(missing.error().kind == error_kind::invalid);
  CHECK(missing.error().message.find("'prod'") != std::string::npos);
}

TEST_CASE("a profile brings the services that it names, which must exist") {
  fake_environment env;
  const shared_config c = config_of(
      "[profile a]\nservices = s\n[profile b]\nservices = t\n[services s]\nsqs =\n  endpoint_url = "
      "http://x\n");
  CHECK(choose_profile(c, "a", env.view()).value().services.at("sqs.endpoint_url") == "http://x");
  CHECK(choose_profile(c, "b", env.view()).error().message.find("[services t]") != std::string::npos);
}

TEST_CASE("the environment of the process has its variables and files") {
  const environment env = process_environment();
  CHECK(env.get("PATH").has_value());
  CHECK_FALSE(env.get("LASTCALL_NO_SUCH_VARIABLE").has_value());
  CHECK(env.file(LASTCALL_TEST_DATA "/sigv4/get-vanilla/header-signature.txt").value()->size() == 64);
  CHECK_FALSE(env.file("/no/such/file").value().has_value());
  CHECK(env.file("/").has_error());
}
