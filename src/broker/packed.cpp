#include "broker/packed.hpp"

#include <cassert>
#include <cstdint>

namespace lastcall::broker {

void append_packed(std::string& to, std::string_view text) {
  assert(text.size() <= UINT32_MAX);
  for (int shift = 24; shift >= 0; shift -= 8)
    to.push_back(static_cast<char>(text.size() >> shift));
  to += text;
}

std::optional<std::vector<std::string_view>> unpack(std::string_view packed) {
  std::vector<std::string_view> texts;
  while (!packed.empty()) {
    if (packed.size() < 4) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
      size = size << 8 | static_cast<unsigned char>(packed[i]);
    packed.remove_prefix(4);
    if (packed.size() < size) return std::nullopt;
    texts.push_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  return texts;
}

}  // namespace lastcall::broker
