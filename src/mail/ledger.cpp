#include "mail/ledger.hpp"

namespace lastcall::mail {

std::string_view name_of(ledger_state state) noexcept {
  switch (state) {
    case ledger_state::unsent:
      return "unsent";
    case ledger_state::sending:
      return "sending";
    case ledger_state::in_doubt:
      return "in_doubt";
    case ledger_state::sent:
      return "sent";
    case ledger_state::refused:
      return "refused";
  }
  return "";
}

ledger_state ledger_page::state_of(const std::string& recipient) const {
  const auto entry = entries.find(recipient);
  return entry == entries.end() ? ledger_state::unsent : entry->second.state;
}

}  // namespace lastcall::mail
