#pragma once

#include "simulation/scheduler.hpp"

#include <utility>

namespace lastcall::simulation {

/// A lane as an executor that, like those of Asio's `io_context` and strand, runs at once what is dispatched
/// to it from one of its own steps. The executor that a lane gives out itself always waits for another step,
/// which more code does not survive than has to: a coroutine of Asio 1.81 that is cancelled ends the program
/// when its executor does so and it is gone by then.
class dispatcher {
 public:
  explicit dispatcher(lane& l) noexcept : lane_(&l) {}

  scheduler& query(boost::asio::execution::context_t) const noexcept { return lane_->context(); }
  boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
    return never_ ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.never)
                  : boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly);
  }
  dispatcher require(boost::asio::execution::blocking_t::never_t) const noexcept { return with(true); }
  dispatcher require(boost::asio::execution::blocking_t::possibly_t) const noexcept { return with(false); }
  template <class Function>
  void execute(Function&& f) const {
    if (never_ || !lane_->is_running())
      lane_->post(std::forward<Function>(f));
    else
      std::decay_t<Function>(std::forward<Function>(f))();
  }
  bool operator==(const dispatcher&) const noexcept = default;

 private:
  dispatcher with(bool never) const noexcept {
    dispatcher d = *this;
    d.never_ = never;
    return d;
  }

  lane* lane_;
  bool never_{false};
};

}  // namespace lastcall::simulation
