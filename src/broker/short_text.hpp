#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lastcall::broker {

/// A text of at most `Most` characters, kept in place: it takes no memory of its own. What is longer is cut.
template <std::size_t Most>
class short_text {
 public:
  short_text() = default;
  short_text(std::string_view text) : size_(static_cast<std::uint8_t>(text.copy(characters_.data(), Most))) {}
  operator std::string_view() const noexcept { return {characters_.data(), size_}; }

 private:
  static_assert(Most <= 255);
  std::array<char, Most> characters_{};
  std::uint8_t size_{0};
};

}  // namespace lastcall::broker
