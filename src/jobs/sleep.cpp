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
  /// False: see `problem`.
  bool append(char mark, const std::string& message_id, wall_time now) {
    const auto since_epoch = std::chrono::floor<std::chrono::microseconds>(now.time_since_epoch());
    problem_.clear();
    const std::string line =
        std::string(1, mark) + ' ' + message_id + ' ' + std::to_string(since_epoch.count()) + '\n';
    const ssize_t written = ::write(file_.get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return true;
    const char* why = written < 0 ? std::strerror(errno) : "only a part of the line was written";
    problem_ = "cannot write the journal " + path_ + ": " + why;
    return false;
  }
  /// What was wrong with the last line; empty: nothing.
  const std::string& problem() const noexcept { return problem_; }

 private:
  journal(owned_fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  owned_fd file_;
  std::string path_;
  std::string problem_;
};

class sleep_handler final : public handler {
 public:
  sleep_handler(clock& clock, std::chrono::nanoseconds duration, std::optional<journal> journal)
      : clock_(clock), duration_(duration), journal_(std::move(journal)) {}

  asio::awaitable<outcome> run(job& job) override {
    job.drop_body();
    bool goes_on = job.stopping() == stop_reason::none && note('S', job);
    // The empty job must cost nothing: no timer, no turn of the loop.
    if (goes_on && duration_ > duration_.zero()) goes_on = co_await sleep_for(clock_, duration_);
    co_return end(job, goes_on);
  }

 private:
  outcome end(const job& job, bool has_slept) {
    if (has_slept && note('E', job)) return outcome::done();
    const bool is_told = job.stopping() != stop_reason::none || !journal_ || journal_->problem().empty();
    return is_told ? outcome::stopped("told to stop before its time was over")
                   : outcome::failed(journal_->problem());
  }
  /// False: the journal can't be written.
  bool note(char mark, const job& job) {
    return !journal_ || journal_->append(mark, job.message().id, clock_.wall_now());
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
