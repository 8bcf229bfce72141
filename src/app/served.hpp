#pragma once

#include "app/background.hpp"
#include "base/error.hpp"
#include "http/server.hpp"

#include <future>
#include <memory>
#include <string>

namespace lastcall::app {

/// An HTTP server that runs on a background loop while this object exists.
class served {
 public:
  /// Listens and serves from now on. `service` is called on the loop and must outlive this object.
  static result<std::unique_ptr<served>> start(background&, const std::string& address, http::service&);
  /// Stops the server and waits until its connections have ended. The loop must still run.
  ~served();
  served(const served&) = delete;
  served& operator=(const served&) = delete;

  std::string address() const { return address_; }

 private:
  explicit served(background& loop) : loop_(loop) {}

  background& loop_;
  std::unique_ptr<http::server> server_;
  std::string address_;
  std::promise<void> ended_;
};

}  // namespace lastcall::app
