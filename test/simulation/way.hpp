#pragma once

#include "simulation/outside.hpp"
#include "simulation/wire.hpp"

#include <memory>

namespace lastcall::simulation {

class oracle;
class service;

/// The way from the processes to the service and back, with its faults.
class way {
 public:
  virtual ~way() = default;
  virtual std::unique_ptr<process_queue> queue_for(lane& of_process, std::size_t process) = 0;
  /// Faults end: from here on everything is brought, and soon.
  virtual void calm() noexcept = 0;
  virtual const fault_counts& counts() const noexcept = 0;
};

/// At the typed seam of the worker: a call is carried as it is.
std::unique_ptr<way> make_typed_way(lane& world, const plan&, service&, oracle&);
/// At the byte stream: the production client, HTTP and signatures, and a server of bytes in front of the
/// service.
std::unique_ptr<way> make_byte_way(scheduler&, lane& world, const plan&, service&, oracle&);

}  // namespace lastcall::simulation
