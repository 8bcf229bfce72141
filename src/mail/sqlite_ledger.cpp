#include "mail/sqlite_ledger.hpp"

#include "mail/sqlite_book.hpp"
#include "storage/scribe.hpp"

#include <utility>

namespace lastcall::mail {

namespace asio = boost::asio;

result<std::unique_ptr<sqlite_ledger>> sqlite_ledger::in_file(const std::string& path,
                                                              std::chrono::hours retention) {
  auto book = sqlite_book::open(path, retention);
  if (!book) return book.error();
  auto writer = std::make_unique<scribe>("the ledger '" + path + "'", std::move(*book));
  return std::unique_ptr<sqlite_ledger>(new sqlite_ledger(std::move(writer)));
}

sqlite_ledger::sqlite_ledger(std::unique_ptr<scribe> s) noexcept : scribe_(std::move(s)) {}
sqlite_ledger::~sqlite_ledger() = default;

asio::awaitable<result<ledger_page>> sqlite_ledger::open(std::string job,
                                                         std::chrono::system_clock::time_point now) {
  auto work = [job = std::move(job), now](sqlite_book& book) { return book.open_page(job, now); };
  return scribe_->submit<ledger_page>(std::move(work));
}

asio::awaitable<result<bool>> sqlite_ledger::claim(std::string job, std::vector<std::string> recipients) {
  auto work = [job = std::move(job), recipients = std::move(recipients)](sqlite_book& book) {
    return book.claim(job, recipients);
  };
  return scribe_->submit<bool>(std::move(work));
}

asio::awaitable<result<void>> sqlite_ledger::settle(std::string job,
                                                    std::map<std::string, ledger_entry> outcomes) {
  auto work = [job = std::move(job), outcomes = std::move(outcomes)](sqlite_book& book) {
    return book.settle(job, outcomes);
  };
  return scribe_->submit<void>(std::move(work));
}

}  // namespace lastcall::mail
