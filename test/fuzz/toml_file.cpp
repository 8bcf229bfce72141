// A file of options (--config).

#include "app/toml_file.hpp"

#include "app/exit_code.hpp"
#include "input.hpp"

#include <cassert>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  try {
    const app::toml_file file = app::parse_toml_file(fuzz::text_of(data, size), "lastcall.toml");
    for (const auto& [table, keys] : file.tables)
      for (const auto& [key, value] : keys) {
        assert(value.is_array || value.texts.size() == 1);
        assert(file.place(table, key).starts_with("lastcall.toml, line "));
      }
  } catch (const app::refusal& refused) {
    assert(refused.exit() == app::exit_config);
    assert(std::string(refused.what()).starts_with("lastcall.toml, line "));
  }
  return 0;
}
