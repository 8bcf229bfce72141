#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What every fuzz target has: libFuzzer calls it with one input after the other. What must hold is asserted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lastcall::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace lastcall::fuzz
