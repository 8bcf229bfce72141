#pragma once

#include "broker/api_error.hpp"
#include "broker/shapes.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace lastcall::broker {

/// The request of the operation with that name, filled in by `read(request)`, which answers an error or
/// nothing. Nothing comes back where SQS has no such operation.
template <class Read, std::size_t Index = 0>
std::optional<answer<any_request>> read_request(std::string_view operation, Read& read) {
  if constexpr (Index < std::variant_size_v<any_request>) {
    using request = std::variant_alternative_t<Index, any_request>;
    if (operation != operation_name<request>) return read_request<Read, Index + 1>(operation, read);
    request typed;
    if (std::optional<api_error> wrong = read(typed)) return answer<any_request>(std::move(*wrong));
    return answer<any_request>(any_request(std::move(typed)));
  } else {
    return std::nullopt;
  }
}

/// The operation that a request belongs to.
inline std::string_view operation_of(const any_request& request) {
  return std::visit([]<class Request>(const Request&) { return operation_name<Request>; }, request);
}

}  // namespace lastcall::broker
