#include "sqs/connection.hpp"

#include <utility>

namespace lastcall::sqs {
namespace asio = boost::asio;

connection::connection(std::unique_ptr<tls_context> tls, const asio::any_io_executor& executor, clock& clock,
                       dialer& dialer, http::client_options options)
    : tls_(std::move(tls)), http_(executor, clock, dialer, tls_.get(), options) {}

result<std::unique_ptr<connection>> connection::make(const aws::session& session,
                                                     const asio::any_io_executor& executor, clock& clock,
                                                     random& random, dialer& dialer,
                                                     http::client_options options) {
  std::unique_ptr<tls_context> tls;
  if (session.needs_tls()) {
    result<std::unique_ptr<tls_context>> made = tls_context::for_client(session.ca_file);
    if (!made) return made.error();
    tls = std::move(*made);
  }
  std::unique_ptr<connection> out(new connection(std::move(tls), executor, clock, dialer, options));
  result<std::unique_ptr<aws::credentials_provider>> provider =
      session.make_provider(out->http_, clock, executor);
  if (!provider) return provider.error();
  out->provider_ = std::move(*provider);
  aws::client_options of_service{.service = session.service,
                                 .region = session.region,
                                 .endpoint = session.endpoint,
                                 .target_prefix = "AmazonSQS"};
  out->aws_.emplace(out->http_, clock, random, *out->provider_, std::move(of_service));
  out->sqs_.emplace(*out->aws_);
  return out;
}

}  // namespace lastcall::sqs
