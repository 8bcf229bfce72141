#include "jobs/checkpointed.hpp"

#include "base/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace lastcall::jobs {
namespace asio = boost::asio;
namespace {

bool not_saved(const message& m, const std::string& why) {
  log::warning("checkpoint not saved", {{"message_id", m.id}, {"why", why}});
  return false;
}

}  // namespace

/// The job as the inner handler sees it.
class checkpointed::kept_job final : public job {
 public:
  kept_job(job& inner, std::string cursor, checkpointed& owner)
      : inner_(inner), cursor_(std::move(cursor)), owner_(owner) {}

  const lastcall::message& message() const noexcept override { return inner_.message(); }
  const std::string& queue_name() const noexcept override { return inner_.queue_name(); }
  stop_reason stopping() const noexcept override { return inner_.stopping(); }
  std::chrono::steady_clock::time_point stop_deadline() const noexcept override {
    return inner_.stop_deadline();
  }
  void drop_body() noexcept override { inner_.drop_body(); }
  const std::string& checkpoint() const noexcept override { return cursor_; }

  asio::awaitable<bool> save_checkpoint(std::string cursor) override {
    const lastcall::message& m = message();
    if (cursor.size() > largest_checkpoint)
      co_return not_saved(m, "it has " + std::to_string(cursor.size()) + " bytes, and the most are " +
                                 std::to_string(largest_checkpoint));
    const wall_time now = owner_.clock_.wall_now();
    const result<bool> saved = co_await owner_.store_.save(m.id, m.receive_count, std::move(cursor), now);
    if (!saved) co_return not_saved(m, saved.error().message);
    if (!*saved) co_return not_saved(m, "a later delivery of the message has saved one already");
    owner_.kept_.insert(m.id);
    co_return true;
  }

 private:
  job& inner_;
  std::string cursor_;
  checkpointed& owner_;
};

checkpointed::checkpointed(handler& inner, checkpoint_store& store, clock& clock,
                           const asio::any_io_executor& strand)
    : handler_(inner), store_(store), clock_(clock), strand_(strand), dropping_(clock, strand) {}

asio::awaitable<outcome> checkpointed::run(job& given) {
  const std::string id = given.message().id;
  result<std::string> cursor = co_await store_.load(id, clock_.wall_now());
  // Beginning anew would do again what is done; the message comes again, and the store with it.
  if (!cursor) co_return outcome::retry("its checkpoint can't be read: " + cursor.error().message);
  if (!cursor->empty()) {
    kept_.insert(id);
    log::info("job goes on from its checkpoint", {{"message_id", id}, {"bytes", cursor->size()}});
  }
  kept_job job(given, std::move(*cursor), *this);
  try {
    outcome ended = co_await handler_.run(job);
    if (ended.what != outcome::kind::done) kept_.erase(id);
    co_return ended;
  } catch (...) {
    kept_.erase(id);
    throw;
  }
}

void checkpointed::settled(const message& m, bool deleted) noexcept {
  handler_.settled(m, deleted);
  if (kept_.erase(m.id) != 0 && deleted)
    asio::co_spawn(strand_, drop(m.id, dropping_.enter()), asio::detached);
}

asio::awaitable<void> checkpointed::drop(std::string message_id, gate::holder inside) {
  const result<void> removed = co_await store_.remove(message_id);
  if (!removed)
    log::warning("checkpoint not removed; it is forgotten after 14 days",
                 {{"message_id", message_id}, {"why", removed.error().message}});
  inside.leave();
}

}  // namespace lastcall::jobs
