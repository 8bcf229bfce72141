// The body of a job of `email`: read, and built into the message that goes out.

#include "jobs/email_request.hpp"

#include "input.hpp"
#include "mail/message.hpp"

#include <cassert>

namespace {

/// RFC 5322 §2.1: lines end with CRLF, both of which stand nowhere else, and have at most 998 bytes.
void check_lines(std::string_view message) {
  constexpr std::size_t line_limit = 998;
  assert(message.ends_with("\r\n"));
  while (!message.empty()) {
    const std::string_view line = message.substr(0, message.find("\r\n"));
    assert(line.size() <= line_limit && line.find_first_of("\r\n") == std::string_view::npos);
    message.remove_prefix(line.size() + 2);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  auto request = jobs::read_email_request(fuzz::text_of(data, size), "ada@example.com");
  if (request.has_error()) {
    assert(!request.error().message.empty());
    return 0;
  }
  for (const auto& file : request->files)
    request->content_of(file) = "from a file";
  const mail::envelope envelope = mail::envelope_of(request->email);
  assert(!envelope.recipients.empty());
  const auto message = mail::build_message(request->email, {mail::message_id_of("job", envelope), {}});
  if (message) check_lines(*message);
  return 0;
}
