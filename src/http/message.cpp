#include "http/message.hpp"

#include <algorithm>

namespace lastcall::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view headers::get(std::string_view name) const noexcept {
  for (const header& field : fields_)
    if (same_name(field.name, name)) return field.value;
  return {};
}

bool headers::has(std::string_view name) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const header& field) { return same_name(field.name, name); });
}

}  // namespace lastcall::http
