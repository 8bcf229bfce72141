#include "mail/catcher.hpp"

#include "base/log.hpp"
#include "mail/message.hpp"
#include "mail/message_reader.hpp"
#include "runtime/gate.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>
#include <unordered_set>

namespace lastcall::mail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_line_bytes = 4096;
constexpr std::size_t read_bytes = std::size_t{16} * 1024;

/// What a server that delivers adds (RFC 5321 §4.4): where the message came from, and for whom it is. With
/// the line ends of files.
std::string as_stored(const caught_mail& mail, const std::string& peer, const std::string& host,
                      const std::string& name, wall_time now) {
  std::string text = "Return-Path: <" + mail.sender + ">\n";
  for (const std::string& recipient : mail.recipients)
    text += "Delivered-To: " + recipient + "\n";
  text += "Received: from " + mail.helo + " (" + peer + ")\n\tby " + host + " with ESMTP id " + name +
          ";\n\t" + format_date(now) + "\n";
  text.reserve(text.size() + mail.content.size());
  std::string_view rest = mail.content;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    text += rest.substr(0, end);
    text += '\n';
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return text;
}

}  // namespace

struct catcher::state {
  state(const asio::any_io_executor& e, clock& c, std::unique_ptr<listener> l, catcher_options o)
      : executor(e), time(c), door(std::move(l)), options(std::move(o)), visitors(c, e) {
    options.rules.offers_tls = options.tls != nullptr && !options.implicit_tls;
  }

  asio::any_io_executor executor;
  clock& time;
  std::unique_ptr<listener> door;
  catcher_options options;
  gate visitors;
  std::unordered_set<visit*> present;
  bool is_stopping{false};
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> recipients{0};
  std::atomic<std::uint64_t> connections{0};
};

/// One connection: carries out what its session decides.
class catcher::visit {
 public:
  visit(std::shared_ptr<state> s, std::unique_ptr<stream> stream)
      : state_(std::move(s)),
        inside_(state_->visitors.enter()),
        stream_(std::move(stream)),
        session_(state_->options.rules),
        stopped_(state_->time, state_->executor) {
    state_->present.insert(this);
  }
  ~visit() { state_->present.erase(this); }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;

  static asio::awaitable<void> run(std::unique_ptr<visit> v) {
    const auto ended = co_await v->serve();
    if (!ended)
      log::debug("mail client left", {{"peer", v->stream_->peer()}, {"why", ended.error().message}});
    v->stream_->close();
  }
  void stop() noexcept {
    stream_->close();
    stopped_.notify();
  }

 private:
  asio::awaitable<result<void>> serve() {
    using next = catcher_session::next;
    await_client();
    if (state_->options.implicit_tls)
      if (auto ok = co_await encrypt(); !ok) co_return ok;
    if (state_->present.size() > state_->options.max_connections)
      co_return co_await say("421 4.7.0 Too many connections\r\n");
    catcher_session::action act = session_.greet();
    for (;;) {
      if (auto ok = co_await say(act.reply); !ok) co_return ok;
      if (act.then == next::close) co_return co_await flush();
      if (act.then == next::tls) {
        if (auto ok = co_await become_tls(); !ok) co_return ok;
      } else if (act.then == next::message) {
        if (auto ok = co_await receive_message(); !ok) co_return ok;
      }
      auto line = co_await read_line();
      if (!line) co_return line.error();
      act = session_.on_line(*line);
    }
  }

  asio::awaitable<result<void>> become_tls() {
    if (auto ok = co_await flush(); !ok) co_return ok;
    if (!received_.empty()) co_return error{error_kind::protocol, "", "it went on talking after STARTTLS"};
    if (auto ok = co_await encrypt(); !ok) co_return ok;
    session_.on_tls();
    co_return result<void>();
  }

  asio::awaitable<result<void>> encrypt() {
    await_client();
    co_return co_await stream_->accept_tls(*state_->options.tls);
  }

  asio::awaitable<result<void>> receive_message() {
    message_reader reader(state_->options.rules.max_message_bytes);
    while (!reader.take(received_)) {
      auto more = co_await receive();
      if (!more) co_return more;
    }
    caught_mail mail = session_.take_mail();
    const bool is_too_long = reader.is_too_long();
    mail.content = std::move(reader).finish();
    std::string reply = "552 5.3.4 The message is too large";
    if (!is_too_long) reply = co_await deliver(mail);
    reply += "\r\n";
    co_return co_await say(reply);
  }

  asio::awaitable<std::string> deliver(const caught_mail& mail) {
    catcher_options& options = state_->options;
    if (options.delay) {
      const steady_time until = state_->time.now() + options.delay(mail);
      if (co_await stopped_.wait_until(until)) co_return "421 4.3.2 Closing";
    }
    if (options.answer)
      if (std::string answer = options.answer(mail); !answer.empty()) co_return answer;
    std::string name = "message";
    if (options.folder) {
      const wall_time now = state_->time.wall_now();
      name = options.folder->unique_name(
          std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
      const std::string text = as_stored(mail, stream_->peer(), options.rules.host, name, now);
      if (const auto stored = options.folder->store(name, text); !stored) {
        log::error("mail could not be stored", {{"why", stored.error().message}});
        co_return "452 4.3.1 Can't store it";
      }
    }
    state_->stored.fetch_add(1, std::memory_order_relaxed);
    state_->recipients.fetch_add(mail.recipients.size(), std::memory_order_relaxed);
    co_return "250 2.0.0 Ok: stored as " + name;
  }

  /// Replies to pipelined commands are sent together (RFC 2920 §3.2).
  asio::awaitable<result<void>> say(std::string_view reply) {
    unsent_ += reply;
    if (received_.find('\n') != std::string::npos) co_return result<void>();
    co_return co_await flush();
  }

  asio::awaitable<result<void>> flush() {
    const std::string replies = std::exchange(unsent_, {});
    if (replies.empty()) co_return result<void>();
    await_client();
    co_return co_await stream_->write(asio::buffer(replies));
  }

  asio::awaitable<result<std::string>> read_line() {
    for (;;) {
      const std::size_t end = received_.find('\n');
      if (std::min(end, received_.size()) > max_line_bytes)
        co_return error{error_kind::protocol, "", "a line without end"};
      if (end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        co_return line;
      }
      auto more = co_await receive();
      if (!more) co_return more.error();
    }
  }

  asio::awaitable<result<void>> receive() {
    if (auto ok = co_await flush(); !ok) co_return ok;
    await_client();
    const std::size_t had = received_.size();
    received_.resize(had + read_bytes);
    const auto read = co_await stream_->read_some(asio::buffer(received_.data() + had, read_bytes));
    received_.resize(had + (read ? *read : 0));
    if (!read) co_return read.error();
    co_return result<void>();
  }

  void await_client() { stream_->expires_at(state_->time.now() + state_->options.command_timeout); }

  const std::shared_ptr<state> state_;
  const gate::holder inside_;
  const std::unique_ptr<stream> stream_;
  catcher_session session_;
  wakeup stopped_;
  std::string received_;
  std::string unsent_;
};

catcher::catcher(const asio::any_io_executor& executor, clock& clock, std::unique_ptr<listener> listener,
                 catcher_options options)
    : state_(std::make_shared<state>(executor, clock, std::move(listener), std::move(options))) {}

catcher::~catcher() = default;

asio::awaitable<void> catcher::run() {
  const std::shared_ptr<state> s = state_;
  while (!s->is_stopping) {
    auto accepted = co_await s->door->accept();
    if (s->is_stopping) break;
    if (!accepted) {
      if (accepted.error().kind == error_kind::cancelled) break;
      log::warning("mail connection not accepted", {{"why", accepted.error().message}});
      co_await sleep_for(s->time,
                         std::chrono::milliseconds(100));  // out of descriptors: some may be given back
      continue;
    }
    s->connections.fetch_add(1, std::memory_order_relaxed);
    auto v = std::make_unique<visit>(s, std::move(*accepted));
    asio::co_spawn(s->executor, visit::run(std::move(v)), asio::detached);
  }
  co_await s->visitors.wait_empty();
}

void catcher::stop() noexcept {
  state_->is_stopping = true;
  state_->door->close();
  for (visit* v : state_->present)
    v->stop();
}

std::uint16_t catcher::port() const { return state_->door->port(); }
std::uint64_t catcher::stored() const noexcept { return state_->stored.load(std::memory_order_relaxed); }
std::uint64_t catcher::recipients() const noexcept {
  return state_->recipients.load(std::memory_order_relaxed);
}
std::uint64_t catcher::connections() const noexcept {
  return state_->connections.load(std::memory_order_relaxed);
}

}  // namespace lastcall::mail
