#include <lastcall/job.hpp>

namespace lastcall {

// A job for which nothing is kept.

const std::string& job::checkpoint() const noexcept {
  static const std::string none;
  return none;
}

boost::asio::awaitable<bool> job::save_checkpoint(std::string) { co_return false; }

}  // namespace lastcall
