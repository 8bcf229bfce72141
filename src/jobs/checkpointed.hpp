#pragma once

#include "jobs/checkpoint_store.hpp"
#include "runtime/gate.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <lastcall/job.hpp>
#include <string>
#include <unordered_set>

namespace lastcall::jobs {

/// A handler whose jobs may save a cursor and are given it back, around one that knows nothing of where it is
/// kept. A cursor is dropped once the deletion of its message is confirmed, not before: a job whose message
/// comes again after all goes on where it stood. Used on one strand; what it is given must outlive it.
class checkpointed final : public handler {
 public:
  checkpointed(handler&, checkpoint_store&, clock&, const boost::asio::any_io_executor& strand);

  boost::asio::awaitable<outcome> run(job&) override;
  void settled(const message&, bool deleted) noexcept override;
  /// Completes when cursors that are being dropped are. No job may run any more.
  boost::asio::awaitable<void> close() { return dropping_.wait_empty(); }

 private:
  class kept_job;
  boost::asio::awaitable<void> drop(std::string message_id, gate::holder inside);

  handler& handler_;
  checkpoint_store& store_;
  clock& clock_;
  boost::asio::any_io_executor strand_;
  std::unordered_set<std::string> kept_;  // messages that run, or are being deleted, and have a cursor
  gate dropping_;
};

}  // namespace lastcall::jobs
