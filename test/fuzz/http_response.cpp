// The HTTP parser of the client: any answer, in any pieces, to GET and to HEAD.

#include "http/parser.hpp"
#include "input.hpp"

#include <cassert>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  if (size == 0) return 0;
  std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 64;
  http::response_parser parser({.header_bytes = 4096, .body_bytes = 8192});
  parser.begin((data[0] & 0x80) != 0);
  std::string waiting;
  while (!bytes.empty() && !parser.is_done()) {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    waiting += next;
    const result<std::size_t> used = parser.put(waiting);
    if (used.has_error()) return 0;
    assert(*used <= waiting.size());
    waiting.erase(0, *used);
  }
  if (!parser.is_done()) static_cast<void>(parser.put_end());
  return 0;
}
