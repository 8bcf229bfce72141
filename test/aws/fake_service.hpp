#pragma once

#include "aws/client.hpp"
#include "aws/fake_transport.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace lastcall::testing {

/// One identity, or the reason why there is none.
class fixed_identity final : public aws::credentials_provider {
 public:
  boost::asio::awaitable<result<aws::credentials_ptr>> get(steady_time) override { co_return given; }

  result<aws::credentials_ptr> given{std::make_shared<const aws::credentials>(
      aws::credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the token", {}})};
};

/// A client of SQS at http://localhost:4566, over a transport that the test answers for, in virtual time.
struct fake_service {
  boost::asio::io_context context;
  manual_clock clock{context};
  fake_transport transport{clock};
  seeded_random chance{1};
  fixed_identity identity;
  aws::client aws{transport,
                  clock,
                  chance,
                  identity,
                  {.service = "sqs",
                   .region = "us-east-1",
                   .endpoint = aws::parse_location("http://localhost:4566").value(),
                   .target_prefix = "AmazonSQS"}};

  /// A header of the request of that number.
  std::string header(std::size_t request, const char* name) const {
    return std::string(transport.seen().at(request).request.headers.get(name));
  }
};

}  // namespace lastcall::testing
