#pragma once

#include "runtime/wakeup.hpp"

#include <cassert>
#include <cstddef>
#include <utility>

namespace lastcall {

/// Counts who is inside, and answers when everyone is out. Used on one strand only.
/// Model: Seastar's gate; a holder leaves by itself, and the destructor asserts that all have left.
class gate {
 public:
  /// Being inside. Moves; leaves when destroyed.
  class holder {
   public:
    holder() = default;
    explicit holder(gate& g) noexcept : gate_(&g) { ++g.inside_; }
    holder(holder&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    holder& operator=(holder&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~holder() { leave(); }

    void leave() noexcept {
      if (gate* g = std::exchange(gate_, nullptr)) g->left();
    }

   private:
    gate* gate_{nullptr};
  };

  gate(clock& clock, const boost::asio::any_io_executor& executor) : empty_(clock, executor) {}
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;
  ~gate() { assert(inside_ == 0 && "a gate was destroyed with someone inside"); }

  holder enter() noexcept { return holder(*this); }
  std::size_t inside() const noexcept { return inside_; }
  /// Completes when nobody is inside. One waiter at a time.
  boost::asio::awaitable<void> wait_empty() {
    while (inside_ != 0)
      co_await empty_.wait();
  }

 private:
  void left() noexcept {
    assert(inside_ > 0);
    if (--inside_ == 0) empty_.notify();
  }

  std::size_t inside_{0};
  wakeup empty_;
};

}  // namespace lastcall
