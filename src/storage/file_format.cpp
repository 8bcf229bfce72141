#include "storage/file_format.hpp"

#include <string>
#include <utility>

namespace lastcall::sqlite {
namespace {

error refused(std::string why) { return {error_kind::io, "", std::move(why)}; }

result<void> make(database& file, const file_format& format) {
  if (auto ok = file.execute(format.schema); !ok) return ok;
  const std::string header = "PRAGMA application_id = " + std::to_string(format.application) +
                             "; PRAGMA user_version = " + std::to_string(format.version);
  return file.execute(header.c_str());
}

result<void> check(database& file, const file_format& format) {
  const auto made_by = file.number("PRAGMA application_id");
  if (!made_by) return made_by.error();
  if (*made_by != format.application) return refused("it is a SQLite file of another program or purpose");
  const auto found = file.number("PRAGMA user_version");
  if (!found) return found.error();
  if (*found != format.version)
    return refused("it is of version " + std::to_string(*found) + ", and this program knows version " +
                   std::to_string(format.version));
  return {};
}

}  // namespace

result<void> adopt(database& file, const file_format& format) {
  if (auto ok = file.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); !ok) return ok;
  if (auto ok = file.execute("BEGIN IMMEDIATE"); !ok) return ok;
  const auto tables = file.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (auto ok = *tables == 0 ? make(file, format) : check(file, format); !ok) return ok;
  return file.execute("COMMIT");
}

}  // namespace lastcall::sqlite
