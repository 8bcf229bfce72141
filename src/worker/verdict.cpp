#include "worker/verdict.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace lastcall::worker {
namespace {

/// The code without the namespace of the older protocol and without the suffix of the newer one, so that
/// "AWS.SimpleQueueService.MessageNotInflight" and "InvalidParameterValueException" are found by one name.
std::string_view bare_code(std::string_view code) noexcept {
  if (const std::size_t dot = code.rfind('.'); dot != std::string_view::npos) code.remove_prefix(dot + 1);
  constexpr std::string_view suffix = "Exception";
  if (code.size() > suffix.size() && code.ends_with(suffix)) code.remove_suffix(suffix.size());
  return code;
}

template <std::size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& codes) noexcept {
  return std::ranges::find(codes, bare_code(code)) != codes.end();
}

// API reference: DeleteMessage, ChangeMessageVisibility, "Errors".
constexpr std::array<std::string_view, 7> gone_codes{
    "ReceiptHandleIsInvalid", "InvalidParameterValue", "MessageNotInflight",  "QueueDoesNotExist",
    "NonExistentQueue",       "InvalidIdFormat",       "QueueDeletedRecently"};
constexpr std::array<std::string_view, 3> throttle_codes{"RequestThrottled", "Throttling", "KmsThrottled"};

}  // namespace

verdict verdict_on(const error& e) noexcept {
  if (e.kind == error_kind::invalid) return verdict::gone;
  return e.kind == error_kind::service && is_one_of(e.code, gone_codes) ? verdict::gone : verdict::again;
}

verdict verdict_on(const sqs::batch_failure& f) noexcept {
  if (verdict_on(f.why) == verdict::gone) return verdict::gone;
  return f.sender_fault && !is_one_of(f.why.code, throttle_codes) ? verdict::gone : verdict::again;
}

}  // namespace lastcall::worker
