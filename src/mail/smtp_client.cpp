#include "mail/smtp_client.hpp"

#include "base/url.hpp"
#include "mail/transaction_fsm.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <cassert>

namespace lastcall::mail {

namespace asio = boost::asio;

/// A coroutine that waits for a slot. `leave` hands over its slot by `is_granted`.
struct smtp_client::waiter {
  waiter(smtp_client& c) : client(c), granted(c.clock_, c.executor_) {
    place = client.waiting_.insert(client.waiting_.end(), this);
  }
  ~waiter() {
    if (!is_granted) client.waiting_.erase(place);
  }
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;

  smtp_client& client;
  std::list<waiter*>::iterator place;
  wakeup granted;
  bool is_granted{false};
};

/// A message on its way. Sending runs as a coroutine of its own, so that it can outlast the cancellation of
/// the one that asked for it.
class smtp_client::sending final : public delivery_guard {
 public:
  sending(smtp_client& c, envelope e, std::string_view m, delivery_guard& g)
      : client(c), env(std::move(e)), message(m), guard(g), changed(c.clock_, c.executor_) {
    for (const std::string& recipient : env.recipients)
      results.push_back({recipient, delivery_status::not_sent, smtp_step::connect, "told to stop"});
  }

  asio::awaitable<result<void>> before_final_dot(std::vector<std::string> recipients) override {
    auto leave = co_await guard.before_final_dot(std::move(recipients));
    if (!leave) co_return leave.error();
    if (is_cancelled) co_return error{error_kind::cancelled, "", "told to stop"};
    is_past_dot = true;
    changed.notify();
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override { return guard.stop_by(); }

  /// What cancellation asks for now; true: the sending coroutine is to be cancelled.
  bool must_end() const noexcept {
    const auto stop = guard.stop_by();
    return stop && (!is_past_dot || client.clock_.now() >= *stop);
  }
  void finish() noexcept {
    is_finished = true;
    changed.notify();
  }

  smtp_client& client;
  const envelope env;
  const std::string_view message;
  delivery_guard& guard;
  asio::cancellation_signal cancel;
  wakeup changed;
  bool is_past_dot{false};
  bool is_cancelled{false};
  bool is_finished{false};
  delivery results;
};

smtp_client::smtp_client(const asio::any_io_executor& executor, clock& clock, dialer& dialer,
                         smtp_server server, smtp_client_options options)
    : executor_(executor),
      clock_(clock),
      dialer_(dialer),
      server_(std::move(server)),
      options_(std::move(options)),
      trust_(server_.ca_file),
      pool_(executor, clock, options_.idle_timeout, options_.max_mails_per_connection) {}

smtp_client::~smtp_client() {
  assert(inside_ == 0 && waiting_.empty() && "an smtp_client was destroyed in use");
}

asio::awaitable<std::optional<smtp_client::slot>> smtp_client::enter() {
  if (inside_ < options_.max_connections) {
    ++inside_;
    co_return slot(*this);
  }
  waiter here(*this);
  co_await here.granted.wait();
  if (here.is_granted) co_return slot(*this);
  co_return std::nullopt;
}

void smtp_client::leave() noexcept {
  assert(inside_ > 0);
  if (waiting_.empty()) {
    --inside_;
    return;
  }
  waiter& first = *waiting_.front();
  waiting_.pop_front();
  first.is_granted = true;
  first.granted.notify();
}

asio::awaitable<delivery> smtp_client::send(const slot&, envelope envelope, std::string_view message,
                                            delivery_guard& guard) {
  const auto s = std::make_shared<sending>(*this, std::move(envelope), message, guard);
  auto finished = [s](const std::exception_ptr&) { s->finish(); };
  asio::co_spawn(executor_, deliver(s), asio::bind_cancellation_slot(s->cancel.slot(), std::move(finished)));
  while (!s->is_finished) {
    if (!s->is_cancelled && s->must_end()) {
      s->is_cancelled = true;
      s->cancel.emit(asio::cancellation_type::terminal);
    }
    const auto stop = guard.stop_by();
    co_await s->changed.wait_until(stop && !s->is_cancelled ? *stop : steady_time::max());
  }
  co_return std::move(s->results);
}

asio::awaitable<void> smtp_client::stop() { return pool_.stop(); }

asio::awaitable<result<std::unique_ptr<connection>>> smtp_client::open() {
  const steady_time deadline = clock_.now() + options_.timeouts.connect;
  auto stream = co_await dialer_.connect(server_.host, server_.port, deadline);
  if (!stream) co_return stream.error();
  auto link = std::make_unique<connection>(std::move(*stream), clock_, options_.timeouts);
  const auto greeted = co_await link->greet(server_, options_.ehlo_name, trust_);
  if (!greeted) co_return greeted.error();
  co_return std::move(link);
}

/// Runs to the end of the transaction, cancelled or not. An idle connection that turns out to be stale is no
/// attempt: the last try is always over a new one.
asio::awaitable<void> smtp_client::deliver(std::shared_ptr<sending> s) {
  co_await asio::this_coro::throw_if_cancelled(false);
  smtp_client& client = s->client;
  for (bool again = true; again && !s->is_cancelled;) {
    std::unique_ptr<connection> link = client.pool_.take();
    again = link != nullptr;
    if (!link) {
      auto opened = co_await client.open();
      if (!opened) {
        for (recipient_result& r : s->results)
          r = {r.address, status_of(opened.error()), smtp_step::connect, opened.error().message};
        co_return;
      }
      link = std::move(*opened);
    }
    transaction_fsm fsm(s->env, link->offered(), s->message.size(), client.options_.timeouts,
                        link->needs_reset());
    co_await link->transact(fsm, s->message, *s);
    s->results = fsm.results();
    again = again && fsm.may_be_stale();
    client.pool_.give_back(std::move(link));
  }
}

}  // namespace lastcall::mail
