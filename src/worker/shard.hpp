#pragma once

#include "runtime/clock.hpp"
#include "runtime/random.hpp"
#include "sqs/queue.hpp"
#include "worker/accounts.hpp"
#include "worker/options.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace lastcall::worker {

/// What the parts of one shard share. Everything in it is used on `strand` only, but for the books.
struct shard {
  boost::asio::any_io_executor strand;
  lastcall::clock& clock;
  lastcall::random& random;
  sqs::queue& queue;
  const worker::options& options;
  accounts& books;
};

}  // namespace lastcall::worker
