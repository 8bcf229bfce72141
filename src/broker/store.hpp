#pragma once

#include "base/error.hpp"
#include "broker/saved.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace lastcall::broker {

/// Where an engine is kept while no process runs. Used on one strand only, one call at a time.
class store {
 public:
  virtual ~store() = default;
  /// Writes what has changed, all of it or nothing. Completes when it would survive the end of this process
  /// and of the machine; not before its work is done, cancelled or not.
  virtual boost::asio::awaitable<result<void>> keep(change_set) = 0;
  /// Calls `each` for everything that was kept, in the order in which it can be restored. Blocks.
  virtual result<void> load(const std::function<void(saved_record)>& each) = 0;
};

}  // namespace lastcall::broker
