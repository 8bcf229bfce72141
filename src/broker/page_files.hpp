#pragma once

#include <span>
#include <string_view>

namespace lastcall::broker {

/// A file of src/broker/page, as it was when the binary was built (see embed.cmake there).
struct page_file {
  std::string_view name;
  std::string_view content;
};

std::span<const page_file> page_files() noexcept;

}  // namespace lastcall::broker
