#pragma once

#include "base/log.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lastcall::testing {

/// Keeps what is logged while it lives. One thread.
class captured_log final : public log::sink {
 public:
  struct event {
    log::level level;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;

    std::string field(std::string_view name) const {
      for (const auto& [known, value] : fields)
        if (known == name) return value;
      return {};
    }
  };

  explicit captured_log(log::level least = log::level::debug) { log::set_sink(this, least); }
  ~captured_log() override { log::set_sink(nullptr, log::level::info); }

  void write(log::level level, std::string_view text, log::fields fields) noexcept override {
    event e{level, std::string(text), {}};
    for (const log::field& f : fields)
      e.fields.emplace_back(f.name, f.value);
    events.push_back(std::move(e));
    if (on_event) on_event(events.back());
  }

  std::vector<event> named(std::string_view text) const {
    std::vector<event> found;
    for (const event& e : events)
      if (e.text == text) found.push_back(e);
    return found;
  }

  std::vector<event> events;
  std::function<void(const event&)> on_event;
};

}  // namespace lastcall::testing
