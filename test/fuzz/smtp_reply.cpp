// The replies of an SMTP server, in pieces.

#include "input.hpp"
#include "mail/reply.hpp"

#include <cassert>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  if (size == 0) return 0;
  std::string_view bytes = fuzz::text_of(data + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 64;
  mail::reply_parser parser;
  while (!bytes.empty()) {
    parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (true) {
      const auto next = parser.next();
      if (next.has_error()) return 0;
      if (!*next) break;
      assert((*next)->code >= 200 && (*next)->code < 600 && !(*next)->lines.empty());
      assert((*next)->words().size() <= 500 + std::string_view("…").size());
      static_cast<void>((*next)->enhanced());
    }
  }
  return 0;
}
