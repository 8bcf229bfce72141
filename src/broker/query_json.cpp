#include "broker/query_json.hpp"

#include "broker/json_shapes.hpp"

namespace lastcall::broker::query_json {

std::string body(std::string_view operation, const any_result& result, const std::string& request_id) {
  sqs::json_writer out;
  json_members write(out, json_style::query_protocol);
  const std::string name(operation);
  out.object([&] {
    out.object(name + "Response", [&] {
      if (!std::holds_alternative<empty_result>(result))
        out.object(name + "Result",
                   [&] { std::visit([&](const auto& typed) { describe(write, typed); }, result); });
      out.object("ResponseMetadata", [&] { out.member("RequestId", request_id); });
    });
  });
  return out.take();
}

std::string body(const api_error& e, std::string_view message, const std::string& request_id) {
  sqs::json_writer out;
  out.object([&] {
    out.object("Error", [&] {
      out.member("Code", e.query_code);
      out.member("Message", message);
      out.member("Type", e.status < 500 ? "Sender" : "Receiver");
    });
    out.member("RequestId", request_id);
  });
  return out.take();
}

}  // namespace lastcall::broker::query_json
