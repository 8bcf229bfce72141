#pragma once

#include "base/error.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace lastcall::sqlite {

/// A thread that writes a book: a class around a database with `begin` (or `begin_reading`), `commit`,
/// `rollback` and operations that happen between them. What has come together is committed in one
/// transaction, so that no strand waits for the disk and many operations share its slowest part. May be used
/// from several strands at once.
template <class Book>
class scribe {
 public:
  /// `name` stands before what is wrong in the errors.
  scribe(std::string name, std::unique_ptr<Book> book)
      : name_(std::move(name)), book_(std::move(book)), thread_([this] { work(); }) {}
  /// No operation may be under way.
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

  /// Runs `work`, a function of the book that answers a `result<T>`, and completes when what it did is on the
  /// disk. It runs to its end even when the coroutine that awaits it is cancelled. Errors are
  /// `error_kind::io`.
  template <class T, class Work>
  boost::asio::awaitable<result<T>> submit(Work work) {
    return run<T>(std::move(work), true);
  }
  /// The same for what only reads: it waits for no other process.
  template <class T, class Work>
  boost::asio::awaitable<result<T>> look(Work work) {
    return run<T>(std::move(work), false);
  }

 private:
  static constexpr std::size_t most_at_once = 64;

  /// An operation for the book, and the coroutine that waits for it.
  class task {
   public:
    explicit task(bool w) : writes(w) {}
    virtual ~task() = default;
    const bool writes;
    /// In a transaction; false: it must be rolled back.
    virtual bool run(Book&) = 0;
    /// Another task, or the transaction itself, has failed.
    virtual void fail(const error&) = 0;
    virtual void resume() = 0;
  };

  template <class T, class Work>
  class task_of final : public task {
   public:
    task_of(Work work, bool w) : task(w), work_(std::move(work)) {}

    bool run(Book& book) override {
      outcome_.emplace(work_(book));
      return outcome_->has_value();
    }
    void fail(const error& why) override { outcome_.emplace(why); }
    void resume() override {
      const std::scoped_lock lock(resuming_);
      std::exchange(waiting_, nullptr)->resume();
    }

    template <class Handler>
    void wait(Handler handler) {
      waiting_ = std::make_unique<waiting_with<Handler>>(std::move(handler));
    }
    /// Called by the coroutine, whose loop may end and die as soon as it goes on: the scribe's thread must have let
    /// go of the executor by then.
    result<T> take() {
      const std::scoped_lock lock(resuming_);
      return std::move(*outcome_);
    }

   private:
    struct waiting {
      virtual ~waiting() = default;
      virtual void resume() = 0;
    };
    template <class Handler>
    struct waiting_with final : waiting {
      explicit waiting_with(Handler h)
          : handler(std::move(h)), work(boost::asio::get_associated_executor(handler)) {}
      void resume() override {
        const auto executor = boost::asio::get_associated_executor(handler);
        boost::asio::post(executor, std::move(handler));
      }
      Handler handler;
      boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work;
    };

    Work work_;
    std::optional<result<T>> outcome_;
    std::unique_ptr<waiting> waiting_;
    std::mutex resuming_;
  };

  template <class T, class Work>
  boost::asio::awaitable<result<T>> run(Work work, bool writes) {
    const auto given = std::make_shared<task_of<T, Work>>(std::move(work), writes);
    auto initiate = [this, given](auto handler) {
      given->wait(std::move(handler));
      add(given);
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        initiate, boost::asio::use_awaitable);
    auto outcome = given->take();
    if (!outcome)
      co_return error{error_kind::io, outcome.error().code, name_ + ": " + outcome.error().message};
    co_return outcome;
  }

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
    bool writes = false;
    for (const auto& t : batch)
      writes = writes || t->writes;
    if (auto ok = writes ? book_->begin() : book_->begin_reading(); !ok) return fail(batch, ok.error());
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

  const std::string name_;
  std::unique_ptr<Book> book_;
  std::mutex guard_;
  std::condition_variable changed_;
  tasks tasks_;
  bool is_ending_{false};
  std::thread thread_;
};

}  // namespace lastcall::sqlite
