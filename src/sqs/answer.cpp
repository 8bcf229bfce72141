#include "sqs/answer.hpp"

#include "base/encoding.hpp"

#include <string>

namespace lastcall::sqs {

error not_an_answer(std::string_view operation, std::string_view body) {
  return {error_kind::protocol, "",
          std::string(operation) + ": the answer is not one of SQS: '" + printable(body, 100) +
              "'; check that the endpoint is SQS's"};
}

}  // namespace lastcall::sqs
