#pragma once

#include "app/running.hpp"
#include "broker/server.hpp"
#include "runtime/random.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace lastcall::app {

/// The embedded SQS-compatible server on a background loop.
class embedded_queue_server {
 public:
  /// Listens and serves from now on. With a `data_file` queues are kept there. The error says what is wrong
  /// with the address or the file.
  static result<std::unique_ptr<embedded_queue_server>> start(background&, const std::string& address,
                                                              broker::server_options = {},
                                                              const std::string& data_file = {});
  /// http://host:port
  const std::string& endpoint_url() const noexcept { return server_->server().endpoint_url(); }

  struct depth {
    std::uint64_t queued;  ///< visible or delayed
    std::uint64_t in_flight;
  };
  /// How much a queue holds; nothing if there is no such queue. On the loop only.
  depth depth_of(const std::string& queue_url);

 private:
  embedded_queue_server() : random_(entropy()) {}

  seeded_random random_;
  std::unique_ptr<broker::store> data_;
  std::unique_ptr<running<broker::server>> server_;
};

}  // namespace lastcall::app
