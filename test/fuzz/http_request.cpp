// The HTTP parser of the server: what it makes of bytes does not depend on the pieces that they come in.

#include "http/parser.hpp"
#include "input.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>

namespace {

using namespace lastcall;

struct outcome {
  std::optional<http::request> request;
  int refusal{0};
};

outcome parse(std::string_view bytes, std::size_t piece) {
  http::request_parser parser({.header_bytes = 4096, .body_bytes = 8192});
  parser.begin();
  std::string waiting;
  while (!bytes.empty() && !parser.is_done()) {
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    waiting += next;
    const result<std::size_t> used = parser.put(waiting);
    if (used.has_error()) return {std::nullopt, std::stoi(used.error().code)};
    assert(*used <= waiting.size());
    waiting.erase(0, *used);
  }
  if (!parser.is_done()) return {};
  return {parser.take(), 0};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = lastcall::fuzz::text_of(data + 1, size - 1);
  const std::size_t piece = 1 + data[0] % 32;
  const outcome whole = parse(bytes, std::max<std::size_t>(bytes.size(), 1));
  const outcome pieces = parse(bytes, piece);
  assert(whole.request.has_value() == pieces.request.has_value());
  if (whole.request) {
    assert(whole.request->target == pieces.request->target && whole.request->body == pieces.request->body);
    assert(whole.request->headers.size() == pieces.request->headers.size());
    assert(whole.request->body.size() <= 8192);
  } else if (whole.refusal != 0) {
    assert(whole.refusal >= 400 && whole.refusal < 600);
  }
  return 0;
}
