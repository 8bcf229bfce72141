#include "jobs/sleep.hpp"

#include "jobs/owned_fd.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

class journal {
 public:
  static result<journal> open(const std::string& path) {
    owned_fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    if (!file)
      return error{error_kind::io, {}, "cannot open the journal " + path + ": " + std::strerror(errno)};
    return journal(std::move(file), path);
  }

  /// One write(2), so that lines of several jobs and processes never mix.
  result<void> append(char mark, const std::string& message_id, wall_time now) const {
    const auto since_epoch = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch());
    const std::string line =
        std::string(1, mark) + ' ' + message_id + ' ' + std::to_string(since_epoch.count()) + '\n';
    const ssize_t written = ::write(file_.get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return {};
    const char* why = written < 0 ? std::strerror(errno) : "only a part of the line was written";
    return error{error_kind::io, {}, "cannot write the journal " + path_ + ": " + why};
  }

 private:
  journal(owned_fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  owned_fd file_;
  std::string path_;
};

class sleep_handler final : public handler {
 public:
  sleep_handler(clock& clock, std::chrono::nanoseconds duration, std::optional<journal> journal)
      : clock_(clock), duration_(duration), journal_(std::move(journal)) {}

  asio::awaitable<outcome> run(job& job) override {
    if (job.stopping() != stop_reason::none) co_return outcome::stopped("told to stop before it began");
    if (const auto noted = note('S', job); !noted) co_return outcome::failed(noted.error().message);
    // The empty job must cost nothing: no timer, no turn of the loop.
    if (duration_ > duration_.zero()) {
      const bool slept = co_await sleep_for(clock_, duration_);
      if (!slept) co_return outcome::stopped("told to stop while it slept");
    }
    if (const auto noted = note('E', job); !noted) co_return outcome::failed(noted.error().message);
    co_return outcome::done();
  }

 private:
  result<void> note(char mark, const job& job) const {
    if (!journal_) return {};
    return journal_->append(mark, job.message().id, clock_.wall_now());
  }

  clock& clock_;
  std::chrono::nanoseconds duration_;
  std::optional<journal> journal_;
};

}  // namespace

result<std::unique_ptr<handler>> make_sleep(clock& clock, const sleep_options& options) {
  std::optional<journal> notes;
  if (!options.journal.empty()) {
    auto opened = journal::open(options.journal);
    if (!opened) return opened.error();
    notes = std::move(*opened);
  }
  return std::make_unique<sleep_handler>(clock, options.duration, std::move(notes));
}

}  // namespace lastcall::jobs
