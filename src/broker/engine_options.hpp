#pragma once

#include <cstddef>

namespace lastcall::broker {

/// Where the engine is more convenient than SQS, and where it can be as inconvenient on request.
struct engine_options {
  /// SQS's waits of 60 seconds: between two purges of a queue, and before a deleted queue's name is used
  /// again.
  bool enforce_waits{false};
  /// How often a message of a standard queue is delivered a second time, from 0 (never) to 1 (always).
  double duplicates{0};
  /// Whether standard queues deliver out of order.
  bool reorder{false};
  /// How many messages of a queue can be in flight (SQS's quota, standard and FIFO).
  std::size_t in_flight_limit{120'000};
};

}  // namespace lastcall::broker
