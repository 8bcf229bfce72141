#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace lastcall::app {

/// A loop on a thread of its own, for what must go on beside the worker and outlive it: the embedded servers,
/// the admin endpoint, the live view.
class background {
 public:
  background();
  /// Destroys what is still pending. The thread has ended then.
  ~background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;

  boost::asio::any_io_executor executor();
  /// Runs `action` on the loop and waits for it; what it throws comes out here. Not from the loop itself.
  void call(const std::function<void()>& action);
  /// Waits until nothing is pending on the loop any more, at most a second. Stop first what runs there.
  void finish() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace lastcall::app
