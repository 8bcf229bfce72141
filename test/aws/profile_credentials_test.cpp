// The ways to credentials that lead over other parties: STS, IAM Identity Center, programs.

#include "aws/profile_credentials.hpp"

#include "aws/credentials_search.hpp"
#include "aws/sso_credentials.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace lastcall;
using namespace lastcall::aws;
using namespace std::chrono_literals;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string sts_answer(const std::string& key, const char* expires = "2026-01-01T01:00:00Z") {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
         "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser><Credentials>"
         "<AccessKeyId>" +
         key +
         "</AccessKeyId><SecretAccessKey>a&amp;lt;b</SecretAccessKey>"
         "<SessionToken>sts token</SessionToken><Expiration>" +
         expires + "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

constexpr const char* denied =
    "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
    "<Message>User &quot;u&quot; is not authorized</Message></Error></ErrorResponse>";

/// In the config file `config`, as the profile `name`.
struct search : testing::credentials_search {
  explicit search(std::string_view text, const std::string& name = "default") {
    env.variables["HOME"] = "/home/me";
    options.region = "eu-west-1";
    add_config_file(config, text, "config").value();
    profile = find_profile(config, name).value();
  }
  const http::request& request(std::size_t number) const { return transport.seen().at(number).request; }
  bool asked_for(std::size_t number, const char* field) const {
    return has("&" + request(number).body + "&", "&" + std::string(field) + "&");
  }
};

constexpr const char* two_profiles =
    "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = a b+c\n"
    "role_session_name = me\nduration_seconds = 3600\n"
    "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n";

/// A pod of EKS with a role for its service account.
void be_a_pod(search& s) {
  s.env.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/run/token";
  s.env.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/pod";
  s.env.variables["AWS_ROLE_SESSION_NAME"] = "pod";
  s.env.files["/var/run/token"] = "ey.first\n";
}

}  // namespace

TEST_CASE("a profile's role is assumed with the keys of its source profile, at the region's STS") {
  search s(two_profiles);
  s.transport.reply(200, sts_answer("ASIAROLE"));
  const credentials_ptr got = s.get().value();
  CHECK(got->access_key_id == "ASIAROLE");
  CHECK(got->secret_access_key == "a&lt;b");  // decoded once
  CHECK(got->session_token == "sts token");
  CHECK(got->expires == std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 1h);
  REQUIRE(s.transport.seen().size() == 1);
  CHECK(s.transport.seen()[0].origin == http::origin{true, "sts.eu-west-1.amazonaws.com", 443});
  for (const char* field :
       {"Action=AssumeRole", "Version=2011-06-15", "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr",
        "RoleSessionName=me", "ExternalId=a%20b%2Bc", "DurationSeconds=3600"}) {
    CAPTURE(std::string(field));
    CHECK(s.asked_for(0, field));
  }
  const std::string_view signature = s.request(0).headers.get("Authorization");
  CHECK(has(signature, "Credential=AKIABASE/"));
  CHECK(has(signature, "/eu-west-1/sts/aws4_request"));
}

TEST_CASE("a role is assumed again before it expires") {
  search s(two_profiles);
  s.transport.reply(200, sts_answer("ASIAFIRST", "2026-01-01T01:00:00Z"));
  s.transport.reply(200, sts_answer("ASIASECOND", "2026-01-01T02:00:00Z"));
  auto provider = s.make().value();
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIAFIRST");
  s.clock.advance(40min);
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIAFIRST");
  s.clock.advance(11min);
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIASECOND");
  CHECK(s.transport.seen().size() == 2);
}

TEST_CASE("roles are assumed one after the other along the source profiles") {
  search s(
      "[default]\nrole_arn = arn:second\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = arn:first\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n");
  s.transport.reply(200, sts_answer("ASIAFIRST"));
  s.transport.reply(200, sts_answer("ASIASECOND"));
  CHECK(s.id() == "ASIASECOND");
  REQUIRE(s.transport.seen().size() == 2);
  CHECK(s.asked_for(0, "RoleArn=arn%3Afirst"));
  CHECK(s.asked_for(1, "RoleArn=arn%3Asecond"));
  CHECK(has(s.request(1).headers.get("Authorization"), "Credential=ASIAFIRST/"));
  CHECK(s.request(1).headers.get("X-Amz-Security-Token") == "sts token");
}

TEST_CASE("a profile may assume its role with its own keys") {
  search s(
      "[default]\nrole_arn = arn:r\nsource_profile = default\naws_access_key_id = AKIASELF\n"
      "aws_secret_access_key = s\n");
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(has(s.request(0).headers.get("Authorization"), "Credential=AKIASELF/"));
}

TEST_CASE("source profiles that lead in a circle are an error that shows it") {
  search s(
      "[default]\nrole_arn = arn:a\nsource_profile = b\n[profile b]\nrole_arn = arn:b\nsource_profile = c\n"
      "[profile c]\nrole_arn = arn:c\nsource_profile = b\n");
  CHECK(has(s.complaint(), "default -> b -> c -> b"));
  search self("[default]\nrole_arn = arn:a\nsource_profile = default\n");
  CHECK(has(self.complaint(), "default -> default"));
}

TEST_CASE("a role that nobody is set up to assume says what is missing") {
  const auto complaint = [](const char* settings) {
    search s(std::string("[default]\nrole_arn = arn:r\n") + settings);
    const auto made = s.make();
    REQUIRE(made.has_error());
    CHECK(made.error().kind == error_kind::invalid);
    CHECK(s.transport.seen().empty());
    return made.error().message;
  };
  CHECK(has(complaint(""), "set source_profile, credential_source or web_identity_token_file"));
  CHECK(has(complaint("source_profile = gone\n"), "source_profile 'gone', which does not exist"));
  CHECK(
      has(complaint("source_profile = empty\n[profile empty]\nregion = x\n"), "no credentials of any kind"));
  CHECK(has(complaint("source_profile = a\ncredential_source = Environment\n"), "leave one of them out"));
  CHECK(has(complaint("credential_source = Environment\n"), "AWS_ACCESS_KEY_ID"));
  CHECK(has(complaint("credential_source = EcsContainer\n"), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"));
  CHECK(has(complaint("credential_source = Cloud\n"), "not 'Cloud'"));
  CHECK(has(complaint("mfa_serial = arn:mfa\nsource_profile = a\n"), "MFA"));
  CHECK(has(complaint("duration_seconds = 5\nsource_profile = a\n"), "900 to 43200"));
  CHECK(has(complaint("duration_seconds = 1h\nsource_profile = a\n"), "900 to 43200"));
}

TEST_CASE("a role's credential_source is the environment, the container or the instance") {
  const std::string text = "[default]\nrole_arn = arn:r\ncredential_source = ";
  {
    // The keys of the environment would come before the profile, unless an option names it.
    search s(text + "Environment\n");
    s.env.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    s.env.variables["AWS_SECRET_ACCESS_KEY"] = "s";
    s.options.profile_is_named = true;
    s.transport.reply(200, sts_answer("ASIAROLE"));
    CHECK(s.id() == "ASIAROLE");
    CHECK(has(s.request(0).headers.get("Authorization"), "Credential=AKIAENV/"));
  }
  {
    search s(text + "EcsContainer\n");
    s.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
    s.transport.reply(200, testing::role_keys);
    s.transport.reply(200, sts_answer("ASIASECOND"));
    CHECK(s.id() == "ASIASECOND");
    CHECK(has(s.request(1).headers.get("Authorization"), "Credential=ASIAROLE/"));
  }
  {
    search s(text + "Ec2InstanceMetadata\n");
    s.transport.reply(200, "IMDS-TOKEN");
    s.transport.reply(200, "my-role");
    s.transport.reply(200, testing::role_keys);
    s.transport.reply(200, sts_answer("ASIASECOND"));
    CHECK(s.id() == "ASIASECOND");
    s.env.variables["AWS_EC2_METADATA_DISABLED"] = "true";
    CHECK(has(s.complaint(), "AWS_EC2_METADATA_DISABLED"));
  }
}

TEST_CASE("STS's refusal names the role, the reason and what to check, and is not made twice") {
  search s(two_profiles);
  s.transport.reply(403, denied);
  const auto got = s.get();
  REQUIRE(got.has_error());
  CHECK(got.error().kind == error_kind::service);
  CHECK(got.error().code == "AccessDenied");
  for (const char* part : {"arn:aws:iam::1:role/r", "User \"u\" is not authorized", "trust policy"})
    CHECK(has(got.error().message, part));
  CHECK(s.transport.seen().size() == 1);
}

TEST_CASE("a weak moment of STS is waited out, three times, and within the deadline") {
  search s(two_profiles);
  s.transport.reply(503, "");
  s.transport.fail(error_kind::network);
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.clock.elapsed() == 2s);
  search gone(two_profiles);
  CHECK(has(gone.complaint(), "no answer in time"));
  CHECK(gone.transport.seen().size() == 3);
  auto provider = gone.make().value();
  const steady_time deadline = gone.clock.now() + 3s;
  CHECK(gone.clock.run(provider->get(deadline)).has_error());
  CHECK(gone.clock.now() <= deadline);
}

TEST_CASE("an answer of STS without usable credentials is an error that does not show it") {
  for (const std::string& answer :
       {std::string(), std::string("<Credentials><AccessKeyId>hush</AccessKeyId></Credentials>"),
        std::string("<Credentials><AccessKeyId>hush"), sts_answer("hush", "tomorrow")}) {
    CAPTURE(answer);
    search s(two_profiles);
    s.transport.reply(200, answer);
    const auto got = s.get();
    REQUIRE(got.has_error());
    CHECK(got.error().kind == error_kind::protocol);
    CHECK_FALSE(has(got.error().message, "hush"));
  }
}

TEST_CASE("a pod's web identity is exchanged at STS without a signature, its token read again each time") {
  search s("[default]\nregion = eu-west-1\n");
  be_a_pod(s);
  s.transport.reply(200, sts_answer("ASIAFIRST", "2026-01-01T01:00:00Z"));
  s.transport.reply(200, sts_answer("ASIASECOND", "2026-01-01T03:00:00Z"));
  auto provider = s.make().value();
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIAFIRST");
  s.env.files["/var/run/token"] = "ey.second";
  s.clock.advance(55min);
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIASECOND");
  REQUIRE(s.transport.seen().size() == 2);
  CHECK(s.transport.seen()[0].origin.host == "sts.eu-west-1.amazonaws.com");
  for (const char* field : {"Action=AssumeRoleWithWebIdentity", "RoleSessionName=pod",
                            "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fpod", "WebIdentityToken=ey.first"}) {
    CAPTURE(std::string(field));
    CHECK(s.asked_for(0, field));
  }
  CHECK(s.asked_for(1, "WebIdentityToken=ey.second"));
  CHECK_FALSE(s.request(0).headers.has("Authorization"));
}

TEST_CASE("a web identity that is set up by half says which half is missing") {
  search s("[default]\nregion = eu-west-1\n");
  be_a_pod(s);
  s.env.files.clear();
  const auto got = s.get();
  REQUIRE(got.has_error());
  CHECK(got.error().kind == error_kind::io);  // it may be mounted a moment later
  CHECK(has(got.error().message, "'/var/run/token' does not exist"));
  s.env.files["/var/run/token"] = "\n";
  CHECK(has(s.complaint(), "is empty"));
  s.env.variables.erase("AWS_ROLE_ARN");
  CHECK(has(s.complaint(), "AWS_ROLE_ARN is not"));
  search p("[default]\nweb_identity_token_file = /t\n");
  CHECK(has(p.complaint(), "no role_arn"));
}

TEST_CASE("a profile's web identity is exchanged as well, and the environment's comes first") {
  search s("[default]\nrole_arn = arn:profile\nweb_identity_token_file = ~/token\n");
  s.env.files["/home/me/token"] = "ey.profile";
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.asked_for(0, "WebIdentityToken=ey.profile"));
  be_a_pod(s);
  s.transport.reply(200, sts_answer("ASIAPOD"));
  CHECK(s.id() == "ASIAPOD");
  s.options.profile_is_named = true;
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.asked_for(2, "RoleArn=arn%3Aprofile"));
}

TEST_CASE("the places come in their order") {
  // All at once; one after the other is taken away.
  search s(two_profiles);
  s.profile.settings["sso_start_url"] = "https://x.awsapps.com/start";
  s.profile.settings["sso_region"] = "us-east-1";
  s.profile.settings["sso_account_id"] = "1";
  s.profile.settings["sso_role_name"] = "r";
  s.profile.settings["credential_process"] = "process";
  s.profile.settings["aws_access_key_id"] = "AKIAPROFILE";
  s.profile.settings["aws_secret_access_key"] = "s";
  s.env.output = R"({"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"})";
  be_a_pod(s);
  s.env.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  s.env.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  s.env.variables["AWS_SECRET_ACCESS_KEY"] = "s";
  CHECK(s.id() == "AKIAENV");
  s.env.variables.erase("AWS_ACCESS_KEY_ID");
  s.env.variables.erase("AWS_SECRET_ACCESS_KEY");
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.asked_for(0, "Action=AssumeRole"));
  s.profile.settings.erase("role_arn");
  s.transport.reply(200, sts_answer("ASIAPOD"));
  CHECK(s.id() == "ASIAPOD");
  CHECK(s.asked_for(1, "Action=AssumeRoleWithWebIdentity"));
  s.env.variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  CHECK(has(s.complaint(), "aws sso login"));
  s.profile.settings.erase("sso_start_url");
  CHECK(s.id() == "AKIAPROFILE");
  s.profile.settings.erase("aws_access_key_id");
  s.profile.settings.erase("aws_secret_access_key");
  CHECK(s.id() == "AKIAPROCESS");
  s.profile.settings.erase("credential_process");
  s.transport.reply(200, testing::role_keys);
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.request(2).target == "/x");
}

TEST_CASE("a credential_process is run by the shell, again before what it wrote expires") {
  search s("[default]\ncredential_process = /opt/get \"a b\" --json\n");
  s.env.output = R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t",)"
                 R"("Expiration":"2026-01-01T01:00:00Z"})";
  auto provider = s.make().value();
  const credentials_ptr got = s.clock.run(provider->get(steady_time::max())).value();
  CHECK(got->session_token == "t");
  CHECK(s.clock.run(provider->get(steady_time::max())).has_value());
  CHECK(s.env.commands == std::vector<std::string>{"/opt/get \"a b\" --json"});
  s.clock.advance(51min);
  CHECK(s.clock.run(provider->get(steady_time::max())).has_value());
  CHECK(s.env.commands.size() == 2);
}

TEST_CASE("a credential_process that fails, or writes rubbish, is named; what it wrote is not shown") {
  search s("[default]\ncredential_process = x\n");
  s.env.output = error{error_kind::io, "", "the command ended with exit code 3: not logged in"};
  CHECK(has(s.complaint(),
            "credential_process of the AWS profile 'default': the command ended with exit code 3"));
  for (const char* written :
       {"", "hush", "[]", "{}", R"({"Version":2,"AccessKeyId":"hush","SecretAccessKey":"hush"})",
        R"({"Version":1,"AccessKeyId":"hush"})",
        R"({"Version":1,"AccessKeyId":"hush","SecretAccessKey":"hush","Expiration":"soon"})"}) {
    s.env.output = std::string(written);
    CHECK(has(s.complaint(), "no usable credentials"));
    CHECK_FALSE(has(s.complaint(), "hush"));
  }
}

namespace {

constexpr const char* sso_profile =
    "[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev/Ops\n"
    "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.com/start\n";
// The SHA-1 of "corp".
constexpr const char* sso_cache = "/home/me/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
constexpr const char* sso_token = R"({"accessToken":"bearer","expiresAt":"2026-01-01T08:00:00Z"})";

}  // namespace

TEST_CASE("an SSO profile's role is had for the token that the AWS CLI has cached") {
  search s(sso_profile);
  s.env.files[s.env.view().expanded(sso_token_file("corp"))] = sso_token;
  s.transport.reply(200, R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s",)"
                         R"("sessionToken":"t","expiration":1767229200000}})");
  const credentials_ptr got = s.get().value();
  CHECK(got->access_key_id == "ASIASSO");
  CHECK(got->session_token == "t");
  CHECK(got->expires == std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + 1h);
  REQUIRE(s.transport.seen().size() == 1);
  CHECK(s.transport.seen()[0].origin == http::origin{true, "portal.sso.eu-central-1.amazonaws.com", 443});
  CHECK(s.request(0).target == "/federation/credentials?role_name=Dev%2FOps&account_id=123456789012");
  CHECK(s.request(0).headers.get("x-amz-sso_bearer_token") == "bearer");
}

TEST_CASE("the SSO token of a session is cached under the SHA-1 of its name, else of the start URL") {
  search s(sso_profile);
  CHECK(s.env.view().expanded(sso_token_file("corp")) == sso_cache);
  search old(
      "[default]\nsso_start_url = https://x/start\nsso_region = eu-west-1\nsso_account_id = 1\n"
      "sso_role_name = r\n");
  old.env.files[old.env.view().expanded(sso_token_file("https://x/start"))] = sso_token;
  old.transport.reply(401, "{}");
  CHECK(has(old.complaint(), "no longer valid: run 'aws sso login --profile default'"));
}

TEST_CASE("whoever is not logged in to SSO, or no longer, is told how, until they are") {
  search s(sso_profile);
  auto provider = s.make().value();
  const auto complaint = [&] {
    const auto got = s.clock.run(provider->get(steady_time::max()));
    REQUIRE(got.has_error());
    CHECK(got.error().kind == error_kind::io);
    CHECK(has(got.error().message, "run 'aws sso login --profile default'"));
    CHECK_FALSE(has(got.error().message, "bearer"));
    return got.error().message;
  };
  CHECK(has(complaint(), "nobody is logged in"));
  s.env.files[sso_cache] = R"({"accessToken":"bearer","expiresAt":"2025-12-31T23:59:59Z"})";
  CHECK(has(complaint(), "has expired"));
  s.env.files[sso_cache] = "bearer";
  CHECK(has(complaint(), "is not usable"));
  s.env.files[sso_cache] = sso_token;
  s.transport.reply(200, R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s",)"
                         R"("sessionToken":"t","expiration":1767229200000}})");
  CHECK(s.clock.run(provider->get(steady_time::max())).has_value());
}

TEST_CASE("an SSO profile that is set up by half says what is missing") {
  CHECK(has(search("[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = r\n").complaint(),
            "[sso-session x]"));
  CHECK(has(search("[default]\nsso_session = x\n").complaint(), "sso_account_id and sso_role_name"));
  CHECK(has(search("[default]\nsso_start_url = x\nsso_account_id = 1\nsso_role_name = r\n").complaint(),
            "sso_region"));
  CHECK(has(search("[default]\nsso_session = x\nsso_account_id = 1\nsso_role_name = r\n[sso-session x]\n"
                   "sso_start_url = y\n")
                .complaint(),
            "has no sso_region"));
}

TEST_CASE("another endpoint of STS or SSO is had as for any service") {
  search s(two_profiles);
  s.env.variables["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:4566";
  s.transport.reply(200, sts_answer("ASIAROLE"));
  CHECK(s.id() == "ASIAROLE");
  CHECK(s.transport.seen()[0].origin == http::origin{false, "127.0.0.1", 4566});
}

TEST_CASE("with an endpoint that is not AWS's a login that is over keeps nobody from it, and is warned of") {
  search s(sso_profile);
  s.options.allow_placeholder = true;
  auto provider = s.make().value();
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "test");
  s.env.files[sso_cache] = sso_token;
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "test");
  s.clock.advance(1min);
  s.transport.reply(200, R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":"s",)"
                         R"("sessionToken":"t","expiration":1767229200000}})");
  CHECK(s.clock.run(provider->get(steady_time::max())).value()->access_key_id == "ASIASSO");
  s.clock.advance(2h);
  s.env.files.clear();
  CHECK(s.clock.run(provider->get(steady_time::max())).has_error());  // what was there is not replaced
}
