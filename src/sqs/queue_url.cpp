#include "sqs/queue_url.hpp"

namespace lastcall::sqs {
namespace {

std::string_view path_of(std::string_view url) noexcept {
  url = url.substr(0, url.find_first_of("?#"));
  while (url.ends_with('/'))
    url.remove_suffix(1);
  return url;
}

}  // namespace

std::string name_in_url(std::string_view queue_url) {
  const std::string_view path = path_of(queue_url);
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_fifo_name(std::string_view name_or_url) noexcept { return path_of(name_or_url).ends_with(".fifo"); }

}  // namespace lastcall::sqs
