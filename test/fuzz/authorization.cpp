// The signature of a request: lines of the Authorization header, X-Amz-Date, the target and another header.

#include "broker/request_context.hpp"
#include "broker/signature_check.hpp"
#include "input.hpp"

#include <cassert>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  std::string_view rest = fuzz::text_of(data, size);
  const auto line = [&rest] {
    const std::string_view taken = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), taken.size() + 1));
    return std::string(taken);
  };
  http::request request;
  request.method = "POST";
  request.headers.add("Authorization", line());
  request.headers.add("X-Amz-Date", line());
  request.target = "/" + line();
  request.headers.add("Host", line());
  request.body = std::string(rest);
  static_cast<void>(broker::scope_of(request));
  broker::signature_check check({{"AKIDEXAMPLE", "secret"}});
  const wall_time now(std::chrono::seconds(1'788'000'000));
  const auto refusal = check(request, now);
  assert(refusal && "nobody guesses a signature");
  return 0;
}
