#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <string_view>

namespace lastcall::aws {

/// Makes an error of kind `service` of an answer that is not a success. Its code is the name of the shape in
/// `__type` without namespace, else x-amzn-errortype, else the code of x-amzn-query-error, else that of an
/// XML answer, else the status. Its message shows what was asked, AWS's own words and, where the reason is
/// known, what to check.
error service_error(std::string_view operation, const http::response&);

/// What the operator should check for this code; empty where there is no advice.
std::string_view advice(std::string_view code) noexcept;

}  // namespace lastcall::aws
