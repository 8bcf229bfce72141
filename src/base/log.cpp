#include "base/log.hpp"

#include <atomic>

namespace lastcall::log {
namespace {

std::atomic<sink*> current{nullptr};
std::atomic<level> lowest{level::info};

}  // namespace

void set_sink(sink* to, level least) noexcept {
  lowest.store(least, std::memory_order_relaxed);
  current.store(to, std::memory_order_release);
}

bool enabled(level l) noexcept {
  return current.load(std::memory_order_relaxed) != nullptr && l >= lowest.load(std::memory_order_relaxed);
}

void write(level l, std::string_view event, fields f) noexcept {
  if (l < lowest.load(std::memory_order_relaxed)) return;
  if (sink* to = current.load(std::memory_order_acquire)) to->write(l, event, f);
}

}  // namespace lastcall::log
