#pragma once

#include "aws/client.hpp"
#include "aws/session.hpp"
#include "http/client.hpp"
#include "runtime/random.hpp"
#include "runtime/stream.hpp"
#include "runtime/tls.hpp"
#include "sqs/client.hpp"

#include <memory>
#include <optional>

namespace lastcall::sqs {

/// What one shard needs to speak to SQS, from the bytes up, made and used on the shard's strand. The clock,
/// the random and the dialer must outlive it, and it must outlive its calls.
class connection {
 public:
  /// Connects to nothing yet. The errors are those of the credentials' settings and of the trusted roots.
  static result<std::unique_ptr<connection>> make(const aws::session&, const boost::asio::any_io_executor&,
                                                  clock&, random&, dialer&, http::client_options = {});
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  sqs::client& client() noexcept { return *sqs_; }
  /// Closes idle connections, and those in use when they end.
  void close() noexcept { http_.close(); }

 private:
  connection(std::unique_ptr<tls_context>, const boost::asio::any_io_executor&, clock&, dialer&,
             http::client_options);

  std::unique_ptr<tls_context> tls_;
  http::client http_;
  std::unique_ptr<aws::credentials_provider> provider_;
  std::optional<aws::client> aws_;
  std::optional<sqs::client> sqs_;
};

}  // namespace lastcall::sqs
