// The files that AWS's tools share: up to the first zero byte ~/.aws/config, after it ~/.aws/credentials.

#include "aws/shared_config.hpp"

#include "input.hpp"

#include <cassert>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t zero = std::min(text.find('\0'), text.size());
  aws::shared_config config;
  if (aws::add_config_file(config, text.substr(0, zero), "config").has_error()) return 0;
  if (aws::add_credentials_file(config, text.substr(std::min(zero + 1, size)), "credentials").has_error())
    return 0;
  for (const auto& [name, settings] : config.profiles) {
    const auto found = aws::find_profile(config, name);
    if (found.has_error()) continue;  // it names a section of services that is not there
    for (const auto& [setting, value] : settings)
      assert(found->get(setting).value_or("") == value);  // empty is as good as absent
  }
  return 0;
}
