#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"
#include "broker/names.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lastcall::broker {

/// The most entries that a batch can have.
inline constexpr std::size_t batch_entries_limit = 10;

/// The rules of a batch's form, which fail it whole: at least one entry, at most ten, good and distinct ids.
/// `entry_type` is the entry's name in the API's model.
template <class Entry>
std::optional<api_error> check_batch(const std::vector<Entry>& entries, std::string_view entry_type) {
  if (entries.empty()) return faults::empty_batch(entry_type);
  if (entries.size() > batch_entries_limit) return faults::too_many_entries(entries.size());
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    if (auto wrong = check_batch_entry_id(entry->id)) return wrong;
    const bool is_new =
        std::none_of(entries.begin(), entry, [&](const Entry& e) { return e.id == entry->id; });
    if (!is_new) return faults::batch_entry_ids_not_distinct(entry->id);
  }
  return std::nullopt;
}

/// How an entry that failed alone is told. What SQS itself gets wrong never happens here: the sender is at
/// fault.
inline batch_failure_entry failed_entry(const std::string& id, const api_error& why) {
  return {id, true, std::string(why.query_code), why.message};
}

/// A batch whose entries are carried out one by one: `act(entry)` answers an `answer<…>` of no interest.
template <class Result, class Entry, class Act>
Result for_each_entry(const std::vector<Entry>& entries, Act act) {
  Result result;
  result.successful.reserve(entries.size());
  for (const Entry& entry : entries) {
    const auto done = act(entry);
    if (done.has_error())
      result.failed.push_back(failed_entry(entry.id, done.error()));
    else
      result.successful.push_back({entry.id});
  }
  return result;
}

}  // namespace lastcall::broker
