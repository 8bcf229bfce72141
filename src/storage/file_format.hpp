#pragma once

#include "base/error.hpp"
#include "storage/sqlite.hpp"

#include <cstdint>

namespace lastcall::sqlite {

/// What a file of ours is, as its header says.
struct file_format {
  std::int64_t application;  ///< PRAGMA application_id
  std::int64_t version;      ///< PRAGMA user_version
  const char* schema;        ///< makes an empty file one of this format, without the two pragmas
};

/// Makes an empty file one of that format, in a journal mode that survives crashes and a power loss (WAL,
/// synchronous=FULL); one that is not empty must be of it already. Other processes may do the same meanwhile.
result<void> adopt(database&, const file_format&);

}  // namespace lastcall::sqlite
