#pragma once

#include "broker/store.hpp"
#include "runtime/clock.hpp"

#include <memory>
#include <string>

namespace lastcall::broker {

/// A data file (SQLite) that survives the end of the process and of the machine at any moment. A thread of
/// its own writes, so that the strand does not wait for the disk. Beside the file lies SQLite's `-wal`.
class sqlite_store final : public store {
 public:
  /// Opens or creates the file, and keeps everybody else out of it. The errors name it, and what to do.
  static result<std::unique_ptr<sqlite_store>> in_file(const std::string& path, clock&);
  /// No write may be under way.
  ~sqlite_store() override;
  sqlite_store(const sqlite_store&) = delete;
  sqlite_store& operator=(const sqlite_store&) = delete;

  boost::asio::awaitable<result<void>> keep(change_set) override;
  result<void> load(const std::function<void(saved_record)>& each) override;

 private:
  struct impl;
  explicit sqlite_store(std::unique_ptr<impl>) noexcept;
  std::unique_ptr<impl> impl_;
};

}  // namespace lastcall::broker
