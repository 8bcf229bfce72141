#pragma once

#include "base/error.hpp"
#include "runtime/clock.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace lastcall::aws {

/// What requests are signed with. Never logged, never printed.
struct credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;         ///< empty for long-term keys
  std::optional<wall_time> expires;  ///< none: for good
};

/// Shared by the requests under way: fetching new ones takes nothing from under them.
using credentials_ptr = std::shared_ptr<const credentials>;

/// Where credentials come from. Used on one strand only.
class credentials_provider {
 public:
  virtual ~credentials_provider() = default;
  /// The current credentials, fetched again when they are about to expire. Never null. Completes by
  /// `deadline`; cancelling the coroutine ends it with `error_kind::cancelled`. No error is `invalid`: any
  /// may have passed the next time.
  virtual boost::asio::awaitable<result<credentials_ptr>> get(steady_time deadline) = 0;
};

}  // namespace lastcall::aws
