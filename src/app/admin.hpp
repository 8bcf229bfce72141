#pragma once

#include "app/background.hpp"
#include "app/worker_status.hpp"
#include "base/error.hpp"
#include "http/message.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace lastcall::app {

/// How long a poll loop may be silent before the process counts as stuck. A receive takes up to the wait and
/// 5 s, and one that failed is tried again after 20 s at most; as much again is slack.
std::chrono::nanoseconds longest_poll_silence(std::chrono::seconds wait);

/// The answer to a request at --admin:
///
///     /healthz  200 while the poll loops make progress, else 503: restart the process. A long job is no
///     reason /readyz   200 while messages are received, else 503, so from the first moment of a drain on
///     /metrics  Prometheus' text format
http::response answer_admin(const http::request&, const worker_status&,
                            std::chrono::nanoseconds longest_silence);

/// Serves `answer_admin` over HTTP on a loop of its own, so that it answers through the whole drain.
class admin_endpoint {
 public:
  /// Listens from now on; answers with `status`, called on the loop. The error says what is wrong with the
  /// address.
  static result<std::unique_ptr<admin_endpoint>> start(background&, const std::string& address,
                                                       std::function<worker_status()> status,
                                                       std::chrono::nanoseconds longest_silence);
  /// Closes its connections; the loop must still run.
  ~admin_endpoint();
  std::string address() const;

 private:
  struct impl;
  explicit admin_endpoint(std::unique_ptr<impl>);
  std::unique_ptr<impl> impl_;
};

}  // namespace lastcall::app
