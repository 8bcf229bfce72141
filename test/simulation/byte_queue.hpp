#pragma once

#include "aws/client.hpp"
#include "aws/refreshing_credentials.hpp"
#include "http/client.hpp"
#include "simulation/byte_network.hpp"
#include "simulation/byte_server.hpp"
#include "simulation/oracle.hpp"
#include "simulation/outside.hpp"
#include "sqs/client.hpp"
#include "sqs/remote_queue.hpp"

namespace lastcall::simulation {

/// The queue of one shard, as the program makes it: the production client, from the typed calls to HTTP, over
/// the simulated network. Says to the oracle what the worker asks for.
class byte_queue final : public process_queue {
 public:
  struct surroundings {
    byte_network& network;
    poll_book& polls;
    simulation::oracle& oracle;
    const byte_faults& faults;
    bool is_calm;
    std::string url;
    std::uint64_t seed;
  };
  byte_queue(lane& of_process, std::size_t process, surroundings);
  ~byte_queue() override;

  const std::string& name() const noexcept override { return queue_.name(); }
  bool is_fifo() const noexcept override { return queue_.is_fifo(); }
  boost::asio::awaitable<result<sqs::receive_answer>> receive(sqs::receive_request) override;
  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> delete_batch(
      std::vector<std::string> receipt_handles, steady_time deadline) override;
  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> change_visibility_batch(
      std::vector<sqs::visibility_change>, steady_time deadline) override;
  boost::asio::awaitable<result<sqs::queue_counts>> counts(steady_time deadline) override;
  void cut() override;

 private:
  class in_call;

  lane& lane_;
  std::size_t process_;
  surroundings in_;
  std::shared_ptr<network_host> host_;
  std::unique_ptr<dialer> dialer_;
  http::client http_;
  seeded_random random_;
  aws::refreshing_credentials credentials_;
  aws::client aws_;
  sqs::client client_;
  sqs::remote_queue queue_;
  std::size_t calls_{0};
  std::size_t most_calls_{0};
  bool is_cut_{false};
};

}  // namespace lastcall::simulation
