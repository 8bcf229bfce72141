#include "aws/service_error.hpp"

#include "aws/json.hpp"
#include "base/encoding.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>

namespace lastcall::aws {
namespace {

/// "com.amazonaws.sqs#QueueDoesNotExist:http://…" → "QueueDoesNotExist"
std::string_view shape_name(std::string_view type) noexcept {
  type = type.substr(0, type.find(':'));
  const std::size_t hash = type.rfind('#');
  return hash == std::string_view::npos ? type : type.substr(hash + 1);
}

/// The text of the first such element of an XML document, as emulators answer at times.
std::string_view element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::size_t start = xml.find(open);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(start + open.size());
  return rest.substr(0, rest.find('<'));
}

struct told {
  std::string code;
  std::string message;
};

told read_body(std::string_view body) {
  nlohmann::json object = parse_object(body);
  if (!object.is_null()) {
    std::string message = take_text(object, "message");
    if (message.empty()) message = take_text(object, "Message");
    return {std::string(shape_name(take_text(object, "__type"))), std::move(message)};
  }
  if (const std::string_view code = element(body, "Code"); !code.empty())
    return {std::string(code), std::string(element(body, "Message"))};
  return {{}, std::string(body)};
}

std::string code_of(const http::response& answer, std::string in_body) {
  if (!in_body.empty()) return in_body;
  if (const std::string_view type = answer.headers.get("x-amzn-errortype"); !type.empty())
    return std::string(shape_name(type));
  if (const std::string_view query = answer.headers.get("x-amzn-query-error"); !query.empty())
    return std::string(query.substr(0, query.find(';')));
  return std::to_string(answer.status);
}

}  // namespace

std::string_view advice(std::string_view code) noexcept {
  constexpr std::string_view unknown_key =
      "AWS does not know this access key: check AWS_ACCESS_KEY_ID or the profile, that the key is active, "
      "and that it belongs to the region's partition";
  constexpr std::string_view wrong_signature =
      "check AWS_SECRET_ACCESS_KEY or the profile (does it belong to this access key id, is it complete?) "
      "and the machine's clock";
  constexpr std::string_view expired =
      "the temporary credentials have expired: get new ones; from the environment they are read only at "
      "start";
  constexpr std::string_view denied =
      "check that the identity's IAM policy, and the resource's own policy, allow this action on it";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> advices{{
      {"InvalidClientTokenId", unknown_key},
      {"UnrecognizedClientException", unknown_key},
      {"InvalidAccessKeyId", unknown_key},
      {"SignatureDoesNotMatch", wrong_signature},
      {"InvalidSignatureException", wrong_signature},
      {"IncompleteSignature", wrong_signature},
      {"IncompleteSignatureException", wrong_signature},
      {"RequestExpired", wrong_signature},
      {"ExpiredToken", expired},
      {"ExpiredTokenException", expired},
      {"AccessDenied", denied},
      {"AccessDeniedException", denied},
  }};
  for (const auto& [known, text] : advices)
    if (known == code) return text;
  return {};
}

error service_error(std::string_view operation, const http::response& answer) {
  told body = read_body(answer.body);
  error out{error_kind::service, code_of(answer, std::move(body.code)), std::string(operation)};
  out.message += " failed with ";
  out.message += printable(out.code, 100);
  out.message += " (HTTP ";
  out.message += std::to_string(answer.status);
  if (const std::string_view id = answer.headers.get("x-amzn-requestid"); !id.empty()) {
    out.message += ", request id ";
    out.message += printable(id, 64);
  }
  out.message += ")";
  if (!body.message.empty()) {
    out.message += ": ";
    out.message += printable(body.message, 400);
  }
  if (const std::string_view check = advice(out.code); !check.empty()) {
    out.message += "; ";
    out.message += check;
  }
  return out;
}

}  // namespace lastcall::aws
