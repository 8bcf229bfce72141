#pragma once

#include "broker/api_error.hpp"

#include <optional>
#include <string_view>

/// The rules of names and ids, one function a rule. Nothing: the text is good.
namespace lastcall::broker {

/// Whether it is a name of a FIFO queue.
bool is_fifo_name(std::string_view name) noexcept;
/// CreateQueue: letters, digits, hyphens and underscores, 1 to 80; a FIFO queue's ends in ".fifo".
std::optional<api_error> check_queue_name(std::string_view name, bool fifo);
/// Ids of batch entries: letters, digits, hyphens and underscores, 1 to 80.
std::optional<api_error> check_batch_entry_id(std::string_view id);
/// MessageGroupId, MessageDeduplicationId and ReceiveRequestAttemptId, named by `parameter`:
/// ASCII letters, digits and punctuation, 1 to 128.
std::optional<api_error> check_token(std::string_view token, std::string_view parameter);
/// AddPermission's Label: letters, digits, hyphens and underscores, 1 to 80.
std::optional<api_error> check_label(std::string_view label);

}  // namespace lastcall::broker
