#include "broker/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lastcall::broker {
namespace {

constexpr std::string_view fifo_suffix = ".fifo";

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_word_of_80(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 80 && std::all_of(text.begin(), text.end(), is_word);
}

}  // namespace

bool is_fifo_name(std::string_view name) noexcept { return name.ends_with(fifo_suffix); }

std::optional<api_error> check_queue_name(std::string_view name, bool fifo) {
  if (!fifo) {
    if (is_word_of_80(name)) return std::nullopt;
    return faults::invalid_parameter(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  if (is_fifo_name(name) && name.size() <= 80 &&
      is_word_of_80(name.substr(0, name.size() - fifo_suffix.size())))
    return std::nullopt;
  return faults::invalid_parameter(
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
      "with .fifo suffix and be 1 to 80 in length.");
}

std::optional<api_error> check_batch_entry_id(std::string_view id) {
  if (is_word_of_80(id)) return std::nullopt;
  return faults::invalid_batch_entry_id();
}

std::optional<api_error> check_token(std::string_view token, std::string_view parameter) {
  const auto printable = [](char c) { return c > ' ' && c < '\x7F'; };
  if (!token.empty() && token.size() <= 128 && std::all_of(token.begin(), token.end(), printable))
    return std::nullopt;
  return faults::invalid_value(
      token, parameter,
      fmt::format("{} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
                  parameter));
}

std::optional<api_error> check_label(std::string_view label) {
  if (is_word_of_80(label)) return std::nullopt;
  return faults::invalid_value(
      label, "Label",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
}

}  // namespace lastcall::broker
