#pragma once

#include "mail/ledger.hpp"

#include <deque>
#include <mutex>
#include <unordered_map>

namespace lastcall::mail {

/// A ledger that ends with its process: messages that come again after a restart are sent again. Pages are
/// dropped after `retention`, the longest that SQS keeps a message; the memory it takes grows with the jobs
/// of that time.
class memory_ledger final : public ledger {
 public:
  explicit memory_ledger(std::chrono::hours retention = std::chrono::hours(24) * 14)
      : retention_(retention) {}

  boost::asio::awaitable<result<ledger_page>> open(std::string job,
                                                   std::chrono::system_clock::time_point now) override;
  boost::asio::awaitable<result<bool>> claim(std::string job, std::vector<std::string> recipients) override;
  boost::asio::awaitable<result<void>> settle(std::string job,
                                              std::map<std::string, ledger_entry> outcomes) override;

 private:
  const std::chrono::hours retention_;
  std::mutex guard_;
  std::unordered_map<std::string, ledger_page> pages_;
  std::deque<std::string> by_age_;  ///< the jobs of `pages_`, the oldest first
};

}  // namespace lastcall::mail
