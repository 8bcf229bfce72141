#pragma once

#include "broker/api.hpp"
#include "broker/api_error.hpp"

#include <string>
#include <string_view>

namespace lastcall::broker {

/// What AddPermission and RemovePermission make of a queue's Policy attribute. The policy is kept and given
/// back; it grants nothing and denies nothing here.
answer<std::string> with_permission(const std::string& policy, std::string_view queue_arn,
                                    const add_permission_request&);
/// The policy without the statement of that label; empty once no statement is left.
answer<std::string> without_permission(const std::string& policy, std::string_view label);

}  // namespace lastcall::broker
