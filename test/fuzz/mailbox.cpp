// An address as a person writes it, read and written into a header field.

#include "input.hpp"
#include "mail/address.hpp"
#include "mail/header_field.hpp"

#include <algorithm>
#include <cassert>
#include <string>

namespace {

/// One field, folded: each of its lines but the first begins with a space, and nothing can end it early.
void check_field(std::string_view field) {
  assert(field.ends_with("\r\n"));
  for (std::size_t at = field.find_first_of("\r\n"); at != std::string_view::npos;
       at = field.find_first_of("\r\n", at + 2)) {
    assert(field.substr(at, 2) == "\r\n");
    assert(at + 2 == field.size() || field[at + 2] == ' ' || field[at + 2] == '\t');
  }
}

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lastcall;
  const std::string text(fuzz::text_of(data, size));
  const auto mailbox = mail::parse_mailbox(text);
  if (mailbox.has_error()) return 0;
  assert(std::none_of(mailbox->address.begin(), mailbox->address.end(), is_control));
  const auto again = mail::parse_address(mailbox->address);
  assert(again && *again == mailbox->address);
  assert(mail::is_domain(mail::domain_of(mailbox->address)));
  check_field(mail::address_field("To", {*mailbox, *mailbox}));
  return 0;
}
