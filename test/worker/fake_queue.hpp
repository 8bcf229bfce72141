#pragma once

#include "runtime/wakeup.hpp"
#include "sqs/queue.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace lastcall::testing {

/// A queue in memory that keeps SQS's rules of visibility, on virtual time, and fails where a test says so.
class fake_queue final : public sqs::queue {
 public:
  struct entry {
    message content;
    steady_time visible_at;
    std::string receipt_handle;
    bool is_deleted{false};
  };

  fake_queue(clock& clock, const boost::asio::any_io_executor& executor, bool fifo = false)
      : clock_(clock), executor_(executor), name_(fifo ? "work.fifo" : "work"), is_fifo_(fifo) {}

  void send(const std::string& id, const std::string& body = {}, const std::string& group = {}) {
    message m;
    m.id = id;
    m.body = body;
    m.group_id = group;
    entries.push_back({std::move(m), clock_.now(), {}, false});
    arrived();
  }

  const std::string& name() const noexcept override { return name_; }
  bool is_fifo() const noexcept override { return is_fifo_; }

  boost::asio::awaitable<result<sqs::receive_answer>> receive(sqs::receive_request request) override {
    asked_for.push_back(request.max_messages);
    attempts.push_back(request.attempt_id);
    ++open_polls;
    const steady_time until = never_answers ? steady_time::max() : clock_.now() + request.wait;
    wakeup wake(clock_, executor_);
    polls_.push_back(&wake);
    while (clock_.now() < until && (never_answers || !has_visible()) && on_receive == nullptr) {
      steady_time next = until;
      for (const entry& e : entries)
        if (!e.is_deleted && e.visible_at > clock_.now()) next = std::min(next, e.visible_at);
      const bool woken = co_await wake.wait_until(next);
      if (!woken && clock_.now() < next) break;  // cancelled
    }
    std::erase(polls_, &wake);
    --open_polls;
    if (on_receive != nullptr) {
      if (auto failed = on_receive()) co_return *failed;
    }
    if (clock_.now() < until && (never_answers || !has_visible()) && request.wait.count() > 0)
      co_return error{error_kind::cancelled, "", "cancelled"};
    if (answer_delay.count() > 0) {  // leased now, answered later
      sqs::receive_answer late = take(request);
      co_await sleep_for(clock_, answer_delay);
      co_return late;
    }
    co_return take(request);
  }

  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> delete_batch(
      std::vector<std::string> handles, steady_time deadline) override {
    std::vector<sqs::batch_failure> failures;
    ++delete_requests;
    if (hung_deletes > 0) co_return co_await hang(hung_deletes, deadline);
    if (delete_takes.count() > 0) co_await sleep_for(clock_, delete_takes);
    if (on_delete != nullptr)
      if (auto failed = on_delete()) co_return *failed;
    for (std::size_t i = 0; i < handles.size(); ++i) {
      entry* e = by_handle(handles[i]);
      if (e == nullptr || clock_.now() >= deadline)
        failures.push_back({i, {error_kind::service, "ReceiptHandleIsInvalid", "no such handle"}, true});
      else
        e->is_deleted = true;
    }
    if (delete_answer_takes.count() > 0) co_await sleep_for(clock_, delete_answer_takes);
    co_return failures;
  }

  boost::asio::awaitable<result<std::vector<sqs::batch_failure>>> change_visibility_batch(
      std::vector<sqs::visibility_change> changes, steady_time deadline) override {
    std::vector<sqs::batch_failure> failures;
    if (hung_changes > 0) co_return co_await hang(hung_changes, deadline);
    if (change_takes.count() > 0) co_await sleep_for(clock_, change_takes);
    if (on_change != nullptr)
      if (auto failed = on_change()) co_return *failed;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      entry* e = by_handle(changes[i].receipt_handle);
      if (e == nullptr || e->is_deleted || e->visible_at <= clock_.now()) {
        failures.push_back({i, {error_kind::service, "MessageNotInflight", "not in flight"}, true});
        continue;
      }
      e->visible_at = clock_.now() + changes[i].visibility;
      if (changes[i].visibility.count() == 0) {
        polls_open_at_release = std::max(polls_open_at_release, open_polls);
        arrived();
      } else {
        ++extensions;
      }
      last_visibility = changes[i].visibility;
    }
    co_return failures;
  }

  boost::asio::awaitable<result<sqs::queue_counts>> counts(steady_time) override {
    sqs::queue_counts c;
    for (const entry& e : entries)
      if (!e.is_deleted) ++(e.visible_at <= clock_.now() ? c.visible : c.in_flight);
    co_return c;
  }

  entry& find(const std::string& id) {
    return *std::ranges::find_if(entries, [&](const entry& e) { return e.content.id == id; });
  }
  bool is_visible(const std::string& id) {
    return !find(id).is_deleted && find(id).visible_at <= clock_.now();
  }
  std::size_t deleted() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(entries, [](const entry& e) { return e.is_deleted; }));
  }

  std::vector<entry> entries;
  std::vector<int> asked_for;
  std::vector<std::string> attempts;
  std::size_t open_polls{0};
  std::size_t polls_open_at_release{0};
  std::size_t delete_requests{0};
  std::size_t extensions{0};
  std::chrono::seconds last_visibility{0};
  std::chrono::nanoseconds answer_delay{0};
  std::chrono::nanoseconds delete_takes{0};
  std::chrono::nanoseconds delete_answer_takes{0};
  std::chrono::nanoseconds change_takes{0};
  int hung_deletes{0};  ///< so many are sent on connections that have died without a word
  int hung_changes{0};
  bool corrupts{false};
  std::string corrupt_id;
  bool never_answers{false};
  std::function<std::optional<error>()> on_receive;
  std::function<std::optional<error>()> on_delete;
  std::function<std::optional<error>()> on_change;

 private:
  boost::asio::awaitable<error> hang(int& left, steady_time deadline) {
    --left;
    co_await sleep_until(clock_, deadline);
    co_return error{error_kind::timeout, "", "no answer in time"};
  }
  bool is_blocked(const entry& e) const {
    if (!is_fifo_) return false;
    for (const entry& other : entries)
      if (&other != &e && !other.is_deleted && other.content.group_id == e.content.group_id &&
          other.visible_at > clock_.now())
        return true;
    return false;
  }
  bool is_takeable(const entry& e) const {
    return !e.is_deleted && e.visible_at <= clock_.now() && !is_blocked(e);
  }
  bool has_visible() const {
    return std::ranges::any_of(entries, [this](const entry& e) { return is_takeable(e); });
  }
  sqs::receive_answer take(const sqs::receive_request& request) {
    sqs::receive_answer answer;
    std::vector<entry*> taken;
    for (entry& e : entries)
      if (std::ssize(taken) < request.max_messages && is_takeable(e)) taken.push_back(&e);
    for (entry* e : taken) {
      e->visible_at = clock_.now() + request.visibility;
      e->receipt_handle = e->content.id + "#" + std::to_string(++handles_);
      e->content.receive_count = ++receives_[e->content.id];
      message m = e->content;
      m.receipt_handle = e->receipt_handle;
      (corrupts || e->content.id == corrupt_id ? answer.corrupt : answer.messages).push_back(std::move(m));
    }
    return answer;
  }
  entry* by_handle(const std::string& handle) {
    const auto found =
        std::ranges::find_if(entries, [&](const entry& e) { return e.receipt_handle == handle; });
    return found == entries.end() ? nullptr : &*found;
  }
  void arrived() {
    for (wakeup* wake : polls_)
      wake->notify();
  }

  clock& clock_;
  boost::asio::any_io_executor executor_;
  std::string name_;
  bool is_fifo_;
  std::vector<wakeup*> polls_;
  std::map<std::string, unsigned> receives_;
  unsigned handles_{0};
};

}  // namespace lastcall::testing
