#include "app/connection.hpp"

#include "app/exit_code.hpp"
#include "aws/instance_metadata.hpp"
#include "base/encoding.hpp"
#include "runtime/tcp.hpp"
#include "runtime/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace lastcall::app {
namespace {

template <class T>
T value_or_refuse(result<T> from) {
  if (!from) throw refusal(exit_config, from.error().message);
  return std::move(*from);
}

std::optional<std::string> if_given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

aws::environment for_aws(const environment& env) {
  aws::environment made = aws::process_environment();
  made.variable = [env](const std::string& name) -> std::optional<std::string> {
    const auto found = env.find(name);
    return found == env.end() ? std::nullopt : std::optional(found->second);
  };
  return made;
}

/// What names are is up to the service; a URL or an ARN in its place is told apart here.
result<std::string> parse_queue_name(const std::string& text) {
  const auto refused = [&](const std::string& why) {
    return error{error_kind::invalid, "", "'" + printable(text, 128) + "' is not a name: " + why};
  };
  if (text.empty()) return error{error_kind::invalid, "", "it must not be empty"};
  if (text.find("://") != std::string::npos) return refused("give a URL with --queue-url");
  if (text.starts_with("arn:")) return refused("of an ARN it is what follows the last colon");
  return text;
}

/// Asks the EC2 instance that we run on; a second where there is none.
std::optional<std::string> region_of_instance(const aws::environment& env) {
  if (env.is_true("AWS_EC2_METADATA_DISABLED")) return std::nullopt;
  result<aws::location> service = aws::instance_metadata_location(env);
  if (!service) return std::nullopt;
  boost::asio::io_context loop(1);
  const std::unique_ptr<dialer> network = make_tcp_dialer(real_clock());
  http::client client(loop.get_executor(), real_clock(), *network, nullptr);
  aws::instance_metadata metadata(std::move(*service), client, real_clock());
  std::optional<std::string> region;
  const steady_time deadline = real_clock().now() + std::chrono::seconds(2);
  boost::asio::co_spawn(loop, metadata.region(deadline), [&](std::exception_ptr, result<std::string> got) {
    if (got && !got->empty()) region = std::move(*got);
    client.close();
  });
  loop.run();
  return region;
}

}  // namespace

option_group connection_options(connection_settings& s) {
  return {
      "Where SQS is",
      {url_option(
           "endpoint-url", "http|https", s.endpoint_url,
           "Another service than AWS: LocalStack, ElasticMQ, `lastcall serve`. Else AWS_ENDPOINT_URL_SQS, "
           "AWS_ENDPOINT_URL, or the profile's."),
       text_option(
           "region", "REGION", s.region,
           "Else the region in the queue's URL, AWS_REGION, or the profile's; with an endpoint of another "
           "service us-east-1; else the EC2 instance's."),
       text_option(
           "profile", "NAME", s.profile,
           "Of the files under ~/.aws. Else AWS_PROFILE. Credentials are found as by the AWS SDKs: keys "
           "in the environment, the profile's role, a web identity, IAM Identity Center, the "
           "profile's keys or credential_process, the container, the instance.")}};
}

option_group queue_options(queue_settings& s) {
  option name = text_option("queue", "NAME", s.name, "The queue's name.");
  name.set = stores(s.name, parse_queue_name);
  option url = url_option("queue-url", "http|https", s.url, "The queue's URL, in place of its name.");
  url.instead_of = "queue";
  return {"Which queue", {std::move(name), std::move(url)}};
}

std::string queue_settings::shown() const {
  return name.empty() ? url.substr(url.find_last_of('/') + 1) : name;
}

void queue_settings::require() const {
  if (name.empty() && url.empty())
    throw refusal(exit_usage, "say which queue: --queue NAME or --queue-url URL");
}

aws::session resolve(const connection_settings& s, const queue_settings& queue, const environment& env) {
  aws::session_options options;
  options.profile = if_given(s.profile);
  options.region = if_given(s.region);
  options.endpoint_url = if_given(s.endpoint_url);
  options.queue_url = if_given(queue.url);
  const aws::environment surroundings = for_aws(env);
  options.instance_region = [&surroundings] { return region_of_instance(surroundings); };
  return value_or_refuse(aws::resolve_session(options, surroundings));
}

connection::connection(const boost::asio::any_io_executor& executor, const aws::session& session)
    : dialer_(make_tcp_dialer(real_clock())),
      tls_(value_or_refuse(
          tls_context::for_client(session.ca_file, "AWS_CA_BUNDLE, or the profile's ca_bundle"))),
      random_(entropy()),
      http_(executor, real_clock(), *dialer_, tls_.get()),
      credentials_(value_or_refuse(session.make_provider(http_, real_clock(), executor))),
      aws_(http_, real_clock(), random_, *credentials_,
           {.service = session.service,
            .region = session.region,
            .endpoint = session.endpoint,
            .target_prefix = "AmazonSQS"}),
      sqs_(aws_) {}

connection::~connection() = default;

}  // namespace lastcall::app
