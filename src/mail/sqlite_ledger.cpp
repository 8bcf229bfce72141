#include "mail/sqlite_ledger.hpp"

#include "mail/sqlite_book.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace lastcall::mail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_at_once = 64;

/// An operation for the book, and the coroutine that waits for it.
class task {
 public:
  virtual ~task() = default;
  /// In a transaction; false: it must be rolled back.
  virtual bool run(sqlite_book&) = 0;
  /// Another task, or the transaction itself, has failed.
  virtual void fail(const error&) = 0;
  virtual void resume() = 0;
};

template <class T, class Work>
class task_of final : public task {
 public:
  explicit task_of(Work work) : work_(std::move(work)) {}

  bool run(sqlite_book& book) override {
    outcome_.emplace(work_(book));
    return outcome_->has_value();
  }
  void fail(const error& why) override { outcome_.emplace(why); }
  void resume() override { std::exchange(waiting_, nullptr)->resume(); }

  template <class Handler>
  void wait(Handler handler) {
    waiting_ = std::make_unique<waiting_with<Handler>>(std::move(handler));
  }
  result<T> take() { return std::move(*outcome_); }

 private:
  struct waiting {
    virtual ~waiting() = default;
    virtual void resume() = 0;
  };
  template <class Handler>
  struct waiting_with final : waiting {
    explicit waiting_with(Handler h) : handler(std::move(h)), work(asio::get_associated_executor(handler)) {}
    void resume() override {
      const auto executor = asio::get_associated_executor(handler);
      asio::post(executor, std::move(handler));
    }
    Handler handler;
    asio::executor_work_guard<asio::associated_executor_t<Handler>> work;
  };

  Work work_;
  std::optional<result<T>> outcome_;
  std::unique_ptr<waiting> waiting_;
};

}  // namespace

/// The thread that writes the book.
class sqlite_ledger::scribe {
 public:
  scribe(std::string path, std::unique_ptr<sqlite_book> book)
      : path_(std::move(path)), book_(std::move(book)), thread_([this] { work(); }) {}
  ~scribe() {
    {
      const std::scoped_lock lock(guard_);
      is_ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
    assert(tasks_.empty());
  }
  scribe(const scribe&) = delete;
  scribe& operator=(const scribe&) = delete;

  template <class T, class Work>
  asio::awaitable<result<T>> submit(Work work) {
    const auto given = std::make_shared<task_of<T, Work>>(std::move(work));
    auto initiate = [this, given](auto handler) {
      given->wait(std::move(handler));
      add(given);
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
    auto outcome = given->take();
    if (!outcome)
      co_return error{error_kind::io, outcome.error().code,
                      "the ledger '" + path_ + "': " + outcome.error().message};
    co_return outcome;
  }

 private:
  using tasks = std::deque<std::shared_ptr<task>>;
  enum class ended { well, task_failed, badly };

  void add(std::shared_ptr<task> t) {
    {
      const std::scoped_lock lock(guard_);
      tasks_.push_back(std::move(t));
    }
    changed_.notify_one();
  }

  void work() {
    for (;;) {
      tasks batch;
      {
        std::unique_lock lock(guard_);
        changed_.wait(lock, [this] { return is_ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        while (!tasks_.empty() && batch.size() < most_at_once) {
          batch.push_back(std::move(tasks_.front()));
          tasks_.pop_front();
        }
      }
      // A task that fails takes its neighbours' work back too: they are done again, each alone.
      if (commit(batch) == ended::task_failed && batch.size() > 1)
        for (const auto& alone : batch)
          commit({alone});
      for (const auto& done : batch)
        done->resume();
    }
  }

  ended commit(const tasks& batch) {
    if (auto ok = book_->begin(); !ok) return fail(batch, ok.error());
    for (const auto& t : batch) {
      if (t->run(*book_)) continue;
      book_->rollback();
      return ended::task_failed;
    }
    if (auto ok = book_->commit(); !ok) {
      book_->rollback();
      return fail(batch, ok.error());
    }
    return ended::well;
  }

  static ended fail(const tasks& batch, const error& why) {
    for (const auto& t : batch)
      t->fail(why);
    return ended::badly;
  }

  const std::string path_;
  std::unique_ptr<sqlite_book> book_;
  std::mutex guard_;
  std::condition_variable changed_;
  tasks tasks_;
  bool is_ending_{false};
  std::thread thread_;
};

result<std::unique_ptr<sqlite_ledger>> sqlite_ledger::in_file(const std::string& path,
                                                              std::chrono::hours retention) {
  auto book = sqlite_book::open(path, retention);
  if (!book) return book.error();
  return std::unique_ptr<sqlite_ledger>(new sqlite_ledger(std::make_unique<scribe>(path, std::move(*book))));
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
