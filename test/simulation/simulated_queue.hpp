#pragma once

#include "simulation/oracle.hpp"
#include "simulation/outside.hpp"
#include "simulation/service.hpp"
#include "simulation/wire.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace lastcall::simulation {

/// The queue as one process sees it: the typed seam, with the wire and the service behind it.
class simulated_queue final : public process_queue {
 public:
  simulated_queue(lane& of_process, std::size_t process, unsigned attempts, wire&, service&, oracle&);

  const std::string& name() const noexcept override { return name_; }
  bool is_fifo() const noexcept override { return service_.is_fifo(); }
  boost::asio::awaitable<result<sqs::receive_answer>> receive(sqs::receive_request) override;
  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> delete_batch(
      std::vector<std::string> receipt_handles, steady_time deadline) override;
  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> change_visibility_batch(
      std::vector<sqs::visibility_change>, steady_time deadline) override;
  boost::asio::awaitable<result<sqs::queue_counts>> counts(steady_time deadline) override;

  void cut() override;

 private:
  template <class Answer>
  class listening;
  /// One attempt. `serve(reply, caller_has_gone)` is carried to the service.
  template <class Answer, class Serve>
  boost::asio::awaitable<result<Answer>> attempt(steady_time deadline, bool is_receive, Serve serve);
  /// As a client that retries: until it is answered, the attempts are used up or the deadline has come.
  template <class Answer, class Serve>
  boost::asio::awaitable<result<Answer>> call(steady_time deadline, Serve serve);

  lane& lane_;
  boost::asio::any_io_executor executor_;
  std::size_t process_;
  unsigned attempts_;
  wire& wire_;
  service& service_;
  oracle& oracle_;
  std::string name_;
  std::unordered_map<const void*, std::function<void()>> open_;  ///< how to end each call under way
  dice dice_;
  bool is_cut_{false};
};

}  // namespace lastcall::simulation
