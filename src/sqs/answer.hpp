#pragma once

#include "base/error.hpp"

#include <string_view>

namespace lastcall::sqs {

/// The error for an answer with status 200 that is not what the operation answers: the endpoint is not SQS,
/// or is broken.
error not_an_answer(std::string_view operation, std::string_view body);

}  // namespace lastcall::sqs
