#pragma once

#include "runtime/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::simulation {

/// What happened in a run, for a person. Costs nothing while it is off.
class trace {
 public:
  enum class kind {
    note,
    begin,
    end,
    signal,
    state,
    poll,
    poll_end,
    held,
    job,
    told,
    job_end,
    extend,
    release,
    remove,
    answer,
    service
  };
  static constexpr std::size_t world = 0;  ///< processes count from 1
  struct event {
    steady_time at;
    std::size_t process;
    kind what;
    std::uint64_t span;  ///< the poll, or the message that is held, that this is about; 0: none
    std::string text;
    /// Of `held`, the message; of `poll_end`, how many it brings, or −1; of `job_end`, the outcome.
    std::int64_t value;
  };

  bool is_on() const noexcept { return on_; }
  void turn_on() noexcept { on_ = true; }
  /// `text()` is called only while the trace is on.
  template <class Text>
  void add(steady_time at, std::size_t process, kind what, std::uint64_t span, Text text,
           std::int64_t value = 0) {
    if (on_) events_.push_back({at, process, what, span, text(), value});
  }
  const std::vector<event>& events() const noexcept { return events_; }

 private:
  std::vector<event> events_;
  bool on_{false};
};

/// One line an event, in virtual time.
std::string as_text(const trace&);

}  // namespace lastcall::simulation
