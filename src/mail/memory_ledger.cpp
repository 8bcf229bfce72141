#include "mail/memory_ledger.hpp"

#include <algorithm>

namespace lastcall::mail {

namespace asio = boost::asio;

asio::awaitable<result<ledger_page>> memory_ledger::open(std::string job,
                                                         std::chrono::system_clock::time_point now) {
  const std::scoped_lock lock(guard_);
  while (!by_age_.empty() && pages_[by_age_.front()].date + retention_ < now) {
    pages_.erase(by_age_.front());
    by_age_.pop_front();
  }
  const auto [page, is_new] = pages_.try_emplace(job);
  if (is_new) {
    page->second.date = now;
    by_age_.push_back(std::move(job));
  }
  co_return page->second;
}

asio::awaitable<result<bool>> memory_ledger::claim(std::string job, std::vector<std::string> recipients) {
  const std::scoped_lock lock(guard_);
  ledger_page& page = pages_[job];
  const bool is_free = std::all_of(recipients.begin(), recipients.end(), [&](const std::string& recipient) {
    const ledger_state state = page.state_of(recipient);
    return state == ledger_state::unsent || state == ledger_state::in_doubt;
  });
  if (!is_free) co_return false;
  for (std::string& recipient : recipients)
    page.entries[std::move(recipient)].state = ledger_state::sending;
  co_return true;
}

asio::awaitable<result<void>> memory_ledger::settle(std::string job,
                                                    std::map<std::string, ledger_entry> outcomes) {
  const std::scoped_lock lock(guard_);
  ledger_page& page = pages_[job];
  for (auto& [recipient, outcome] : outcomes)
    if (ledger_entry& entry = page.entries[recipient]; entry.state != ledger_state::sent)
      entry = std::move(outcome);
  co_return result<void>();
}

}  // namespace lastcall::mail
