// The JSON that clients send, and settings inside of it, against another parser.

#include "base/json_reader.hpp"

#include "input.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  using nlohmann::json;
  const std::string_view text = fuzz::text_of(data, size);
  if (is_json(text)) {
    try {
      assert(is_json(json::parse(text).dump()) && "what is written is read again");
    } catch (const json::out_of_range&) {
      // The other one keeps numbers, and has none that large.
    } catch (const json::exception&) {
      assert(false && "what one takes, the other takes");
    }
  } else if (!text.starts_with("\xEF\xBB\xBF") && text.find('\0') == std::string_view::npos &&
             json::accept(text)) {
    // The other one passes over a byte order mark, and ends at a zero byte.
    const auto brackets =
        std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
    assert(brackets > 32 && "only depth is refused by the one and not by the other");
  }
  return 0;
}
