#pragma once

#include "base/error.hpp"
#include "sqs/json_writer.hpp"
#include "sqs/queue.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::sqs {

/// At most so many entries make a batch.
inline constexpr std::size_t most_batch_entries = 10;

/// The body of a batch request: `fill(writer, entry)` writes what an entry has beside its id, which is
/// its index: so equal receipt handles in one batch are told apart.
template <class Entry, class Fill>
std::string encode_batch(std::string_view queue_url, std::span<const Entry> entries, Fill fill) {
  constexpr std::size_t usual_entry_bytes = 512;  // a receipt handle and what is around it
  json_writer out(queue_url.size() + (entries.size() + 1) * usual_entry_bytes);
  out.object([&] {
    out.member("QueueUrl", queue_url);
    out.array("Entries", [&] {
      for (std::size_t i = 0; i < entries.size(); ++i)
        out.object([&] {
          out.member("Id", std::to_string(i));
          fill(out, entries[i]);
        });
    });
  });
  return out.take();
}

/// What an answer to a send says about what was stored. An MD5 that is not told is empty.
struct stored_md5s {
  std::string of_body;
  std::string of_attributes;
  std::string of_system_attributes;
};

/// Looks at what the answer says of an entry that succeeded; an error makes it one that has failed.
using check_success = std::function<std::optional<error>(std::size_t index, const stored_md5s&)>;

/// Reads which of the entries have failed, in their order. An entry that the answer does not mention has
/// failed too, and may be tried again.
result<std::vector<batch_failure>> decode_batch(std::string_view operation, std::string_view body,
                                                std::size_t entries, const check_success& = {});

}  // namespace lastcall::sqs
