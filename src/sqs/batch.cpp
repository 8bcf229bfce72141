#include "sqs/batch.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"
#include "sqs/answer.hpp"
#include "sqs/errors.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <utility>

namespace lastcall::sqs {
namespace {

using aws::take_text;
using nlohmann::json;

/// The index of an entry that was given; none for an id that we did not make.
std::optional<std::size_t> index_in(const std::string& id, std::size_t entries) noexcept {
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), index);
  if (problem != std::errc{} || end != id.data() + id.size() || index >= entries) return std::nullopt;
  return index;
}

batch_failure not_mentioned(std::string_view operation, std::size_t index) {
  return {index,
          {error_kind::protocol, "", std::string(operation) + ": the answer does not mention the entry"},
          false};
}

batch_failure read_failure(std::string_view operation, std::size_t index, json& entry) {
  const std::string code = take_text(entry, "Code");
  const std::string message = take_text(entry, "Message");
  const auto fault = entry.find("SenderFault");
  error why{error_kind::service, std::string(shape_of(code)),
            std::string(operation) + " failed for one entry with " + printable(code, 100)};
  if (!message.empty()) why.message += ": " + printable(message, 400);
  return {index, std::move(why), fault != entry.end() && fault->is_boolean() && fault->get<bool>()};
}

/// Calls `visit(index, entry)` for each entry of a list that is one of ours.
template <class Visit>
void for_each_entry(json& answer, const char* list, std::size_t entries, Visit visit) {
  const auto found = answer.find(list);
  if (found == answer.end() || !found->is_array()) return;
  for (json& entry : *found)
    if (const auto index = index_in(take_text(entry, "Id"), entries)) visit(*index, entry);
}

}  // namespace

result<std::vector<batch_failure>> decode_batch(std::string_view operation, std::string_view body,
                                                std::size_t entries, const check_success& check) {
  json answer = aws::parse_object(body);
  if (answer.is_null()) return not_an_answer(operation, body);
  std::vector<std::optional<batch_failure>> failures;
  for (std::size_t i = 0; i < entries; ++i)
    failures.emplace_back(not_mentioned(operation, i));
  for_each_entry(answer, "Successful", entries, [&](std::size_t index, json& entry) {
    std::optional<error> problem = check ? check(index, entry) : std::nullopt;
    failures[index].reset();
    if (problem) failures[index] = batch_failure{index, std::move(*problem), false};
  });
  for_each_entry(answer, "Failed", entries, [&](std::size_t index, json& entry) {
    failures[index] = read_failure(operation, index, entry);
  });
  std::vector<batch_failure> out;
  for (std::optional<batch_failure>& failure : failures)
    if (failure) out.push_back(std::move(*failure));
  return out;
}

}  // namespace lastcall::sqs
