#include "sqs/batch.hpp"

#include "base/encoding.hpp"
#include "base/json_reader.hpp"
#include "base/mark.hpp"
#include "sqs/answer.hpp"
#include "sqs/errors.hpp"

#include <charconv>
#include <utility>

namespace lastcall::sqs {
namespace {

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

/// What an answer says of one entry, in either list.
struct entry_answer {
  std::string id;
  std::string code;
  std::string message;
  bool sender_fault{false};
  stored_md5s md5s;
};

void read_entry(json_reader& in, entry_answer& out) {
  if (in.next() != json_reader::kind::object) return in.skip();
  in.object([&](std::string_view name) {
    if (name == "Id")
      in.text_if_any(out.id);
    else if (name == "Code")
      in.text_if_any(out.code);
    else if (name == "Message")
      in.text_if_any(out.message);
    else if (name == "SenderFault" && in.next() == json_reader::kind::flag)
      out.sender_fault = in.flag();
    else if (name == "MD5OfMessageBody")
      in.text_if_any(out.md5s.of_body);
    else if (name == "MD5OfMessageAttributes")
      in.text_if_any(out.md5s.of_attributes);
    else if (name == "MD5OfMessageSystemAttributes")
      in.text_if_any(out.md5s.of_system_attributes);
    else
      in.skip();
  });
}

batch_failure failure_of(std::string_view operation, std::size_t index, const entry_answer& entry) {
  error why{error_kind::service, std::string(shape_of(entry.code)),
            std::string(operation) + " failed for one entry with " + printable(entry.code, 100)};
  if (!entry.message.empty()) why.message += ": " + printable(entry.message, 400);
  return {index, std::move(why), entry.sender_fault};
}

/// Reads a list and calls `visit(index, entry)` for each entry that is one of ours.
template <class Visit>
void for_each_entry(json_reader& in, std::size_t entries, Visit visit) {
  if (in.next() != json_reader::kind::list) return in.skip();
  in.list([&] {
    entry_answer entry;
    read_entry(in, entry);
    if (in.failed()) return;
    if (const auto index = index_in(entry.id, entries)) visit(*index, entry);
  });
}

}  // namespace

result<std::vector<batch_failure>> decode_batch(std::string_view operation, std::string_view body,
                                                std::size_t entries, const check_success& check) {
  std::vector<bool> succeeded(entries, false);
  std::vector<std::optional<batch_failure>> failures(entries);
  json_reader in(body);
  in.object([&](std::string_view name) {
    if (name == "Successful")
      for_each_entry(in, entries, [&](std::size_t index, const entry_answer& entry) {
        succeeded[index] = true;
        std::optional<error> problem = check ? check(index, entry.md5s) : std::nullopt;
        if (problem && !failures[index]) failures[index] = batch_failure{index, std::move(*problem), false};
      });
    else if (name == "Failed")
      for_each_entry(in, entries, [&](std::size_t index, const entry_answer& entry) {
        failures[index] = failure_of(operation, index, entry);
      });
    else
      in.skip();
  });
  if (!in.finish()) return not_an_answer(operation, body);
  std::vector<batch_failure> out;
  for (std::size_t i = 0; i < entries; ++i) {
    if (failures[i]) {
      out.push_back(std::move(*failures[i]));
    } else if (!succeeded[i]) {
      LASTCALL_MARK("the answer to a batch does not mention one of its entries");
      out.push_back(not_mentioned(operation, i));
    }
  }
  return out;
}

}  // namespace lastcall::sqs
