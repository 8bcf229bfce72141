#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::broker {

/// Texts in one: each as its length in four bytes (big-endian) and its bytes, whatever they are.
void append_packed(std::string& to, std::string_view text);
/// Nothing: that is no packed text.
std::optional<std::vector<std::string_view>> unpack(std::string_view packed);

}  // namespace lastcall::broker
