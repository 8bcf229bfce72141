#pragma once

#include <atomic>
#include <span>
#include <string_view>

namespace lastcall {

/// A rare branch that matters, by name: the tests fail if none of them ever takes it. A mark is known from the program's
/// start, whether its branch is ever taken or not: it lies in a section of its own, of which `all` is the whole.
///
///     if (is_draining()) {
///       LASTCALL_MARK("a late answer is held back");
///
/// Costs one look at a flag where it stands, and nothing elsewhere. Any thread may pass it. Not for headers, whose
/// functions exist more than once. test/README.md says which tests count.
class mark {
 public:
  explicit constexpr mark(const char* name) noexcept : name_(name) {}

  std::string_view name() const noexcept { return name_; }
  bool is_hit() const noexcept { return hit_.load(std::memory_order_relaxed); }
  void hit() noexcept {
    if (!is_hit() && !hit_.exchange(true) && on_first_hit != nullptr) on_first_hit(*this);
  }

  /// Every mark of the program.
  static std::span<const mark> all() noexcept;
  /// Called when a mark is passed for the first time. For tests, which set it before anything else runs.
  static inline void (*on_first_hit)(const mark&) = nullptr;

 private:
  const char* name_;
  std::atomic<bool> hit_{false};
};

}  // namespace lastcall

#define LASTCALL_MARK(name)                                                                          \
  do {                                                                                               \
    [[gnu::section("lastcall_marks"), gnu::used]] static constinit ::lastcall::mark here_mark(name); \
    here_mark.hit();                                                                                 \
  } while (false)
