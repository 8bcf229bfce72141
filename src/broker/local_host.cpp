#include "broker/local_host.hpp"

#include <algorithm>
#include <array>

namespace lastcall::broker {
namespace {

constexpr auto private_domains =
    std::to_array<std::string_view>({".localhost", ".local", ".internal", ".test", ".home.arpa"});

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool is_local_host(std::string_view header, const std::vector<std::string>& names) noexcept {
  if (header.empty() || header.front() == '[') return true;  // no other host than an IPv6 address begins so
  std::string_view host = header.substr(0, header.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.find('.') == std::string_view::npos) return true;
  if (host.find_first_not_of("0123456789.") == std::string_view::npos)
    return true;  // no top-level domain is a number
  return std::any_of(private_domains.begin(), private_domains.end(),
                     [&](std::string_view domain) {
                       return host.size() > domain.size() &&
                              is_same(host.substr(host.size() - domain.size()), domain);
                     }) ||
         std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_same(host, name); });
}

}  // namespace lastcall::broker
