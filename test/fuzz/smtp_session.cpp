// What a client says to the mail catcher: lines, and messages after DATA.

#include "input.hpp"
#include "mail/catcher_session.hpp"
#include "mail/message_reader.hpp"

#include <cassert>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  using next = mail::catcher_session::next;
  if (size == 0) return 0;
  constexpr std::size_t message_limit = 1024;
  mail::catcher_rules rules;
  rules.max_message_bytes = message_limit;
  rules.max_recipients = 4;
  rules.offers_tls = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0) {
    rules.user = "ada";
    rules.password = "secret";
  }
  std::string bytes(fuzz::text_of(data + 1, size - 1));
  mail::catcher_session session(rules);
  mail::catcher_session::action action = session.greet();
  while (action.then != next::close) {
    assert(action.reply.ends_with("\r\n"));
    if (action.then == next::tls) session.on_tls();
    if (action.then == next::message) {
      mail::message_reader reader(message_limit);
      if (!reader.take(bytes)) return 0;
      assert(std::move(reader).finish().size() <= message_limit);
      static_cast<void>(session.take_mail());
    }
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string::npos) return 0;
    action = session.on_line(bytes.substr(0, end));
    bytes.erase(0, end + 2);
  }
  return 0;
}
