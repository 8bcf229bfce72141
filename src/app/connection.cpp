#include "app/connection.hpp"

#include "app/exit_code.hpp"
#include "runtime/tcp.hpp"
#include "runtime/tls.hpp"

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
           "service us-east-1."),
       text_option("profile", "NAME", s.profile,
                   "Of the files under ~/.aws. Else AWS_PROFILE. The keys come from AWS_ACCESS_KEY_ID and "
                   "AWS_SECRET_ACCESS_KEY, the profile, the container, or the instance.")}};
}

option_group queue_options(queue_settings& s) {
  option url = url_option("queue-url", "http|https", s.url, "The queue's URL, in place of its name.");
  url.instead_of = "queue";
  return {"Which queue", {text_option("queue", "NAME", s.name, "The queue's name."), std::move(url)}};
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
  return value_or_refuse(aws::resolve_session(options, for_aws(env)));
}

connection::connection(const boost::asio::any_io_executor& executor, const aws::session& session)
    : dialer_(make_tcp_dialer(real_clock())),
      tls_(value_or_refuse(tls_context::for_client(session.ca_file))),
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
