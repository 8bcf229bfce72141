#pragma once

#include "base/encoding.hpp"

#include <lastcall/message.hpp>
#include <string>

namespace lastcall::jobs {

/// Whether it is a Binary, with or without a custom suffix.
inline bool is_binary(const message_attribute& a) noexcept { return a.data_type.starts_with("Binary"); }

/// An attribute's value where only text can go: of a Binary its base64.
inline std::string text_of(const message_attribute& a) { return is_binary(a) ? to_base64(a.value) : a.value; }

}  // namespace lastcall::jobs
