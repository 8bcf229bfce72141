#include "runtime/tcp_stream.hpp"

#include "base/url.hpp"
#include "runtime/cancellation.hpp"
#include "runtime/tls_engine.hpp"
#include "runtime/watchdog.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <optional>
#include <sys/socket.h>
#include <vector>

namespace lastcall {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t wire_chunk = 32UL * 1024;    // two full TLS records
constexpr int most_reads_when_idle = 16;           // a peer that sends more than session tickets is not quiet
constexpr std::size_t plain_chunk = 256UL * 1024;  // how much is encrypted before it is sent

class tcp_stream final : public stream {
 public:
  tcp_stream(tcp::socket socket, clock& c)
      : clock_(c), socket_(std::move(socket)), watchdog_(c, socket_.get_executor(), [this] { expire(); }) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    peer_ = endpoint_text(socket_.remote_endpoint(ignored));
  }
  ~tcp_stream() override { close(); }
  tcp_stream(const tcp_stream&) = delete;
  tcp_stream& operator=(const tcp_stream&) = delete;

  asio::awaitable<result<std::size_t>> read_some(asio::mutable_buffer into) override {
    if (!tls_) co_return co_await receive(into);
    const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
    const std::span<char> plain(static_cast<char*>(into.data()), into.size());
    for (;;) {
      std::size_t read = 0;
      const result<tls_engine::step> step = tls_->read(plain, read);
      if (!step) co_return step.error();
      if (*step == tls_engine::step::done) co_return read;
      if (watch.has_fired()) co_return cancelled();
      const result<void> fed = co_await feed();
      if (!fed) co_return fed.error();
    }
  }

  asio::awaitable<result<void>> write(asio::const_buffer from) override {
    std::string_view rest(static_cast<const char*>(from.data()), from.size());
    if (!tls_) co_return co_await transmit(rest);
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, plain_chunk);
      const result<void> encrypted = tls_->write(part);
      if (!encrypted) co_return encrypted.error();
      const result<void> sent = co_await flush();
      if (!sent) co_return sent.error();
      rest.remove_prefix(part.size());
    }
    co_return result<void>();
  }

  asio::awaitable<result<void>> start_tls(tls_context& context, std::string host) override {
    tls_.emplace(context, tls_engine::role::client, std::move(host));
    co_return co_await shake_hands();
  }
  asio::awaitable<result<void>> accept_tls(tls_context& context) override {
    tls_.emplace(context, tls_engine::role::server, std::string());
    co_return co_await shake_hands();
  }

  void expires_at(steady_time when) override {
    deadline_ = when;
    watchdog_.expires_at(when);
  }

  bool is_quiet() noexcept override {
    if (is_expired_) return false;
    std::array<char, 4096> arrived;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    const int how = MSG_DONTWAIT | (tls_ ? 0 : MSG_PEEK);
    for (int reads = 0; reads < most_reads_when_idle; ++reads) {
      const ssize_t n = ::recv(socket_.native_handle(), arrived.data(), arrived.size(), how);
      if (n < 0) return (errno == EAGAIN || errno == EWOULDBLOCK) && (!tls_ || !tls_->has_plain());
      if (n == 0 || !tls_) return false;
      tls_->receive({arrived.data(), static_cast<std::size_t>(n)});
    }
    return false;
  }

  void close() noexcept override {
    if (is_closed_) return;
    if (tls_ && !is_sending_) {  // half a record before it would be no goodbye
      tls_->close_notify();
      const std::string& last = tls_->output();
      ::send(socket_.native_handle(), last.data(), last.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    is_closed_ = true;
    error_code ignored;
    socket_.close(ignored);
  }

  std::string peer() const override { return peer_; }

 private:
  void expire() {
    if (*operations_ == 0) return;  // the next operation looks at the deadline itself
    is_expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }

  /// An operation under way, for the deadline. Shares the count, since a context that is destroyed drops its
  /// coroutines after the stream.
  struct under_way {
    explicit under_way(std::shared_ptr<unsigned> c) : count(std::move(c)) { ++*count; }
    ~under_way() { --*count; }
    under_way(const under_way&) = delete;
    under_way& operator=(const under_way&) = delete;
    std::shared_ptr<unsigned> count;
  };

  static error cancelled() { return error{error_kind::cancelled, "", "cancelled"}; }
  /// Why no operation may begin, or why one has ended.
  error why(error_code problem) const {
    if (is_expired_) return error{error_kind::timeout, "", "no answer from " + peer_ + " in time"};
    if (is_closed_)
      return error{error_kind::cancelled, "", "the connection to " + peer_ + " was closed here"};
    if (problem == asio::error::operation_aborted) return cancelled();
    if (problem == asio::error::eof)
      return error{error_kind::network, "eof", peer_ + " closed the connection"};
    const bool is_reset = problem == asio::error::connection_reset || problem == asio::error::broken_pipe;
    return error{error_kind::network, is_reset ? "reset" : "",
                 "the connection to " + peer_ + " failed: " + problem.message()};
  }
  bool may_begin() {
    if (!is_closed_ && deadline_ != steady_time::max() && clock_.now() >= deadline_) is_expired_ = true;
    return !is_closed_ && !is_expired_;
  }

  asio::awaitable<result<std::size_t>> receive(asio::mutable_buffer into) {
    if (!may_begin()) co_return why({});
    const under_way operation(operations_);
    const auto [problem, n] = co_await socket_.async_read_some(into, asio::as_tuple(asio::use_awaitable));
    if (problem) co_return why(problem);
    co_return n;
  }

  /// Sends at once what the socket takes, which in steady state is all, and waits only for the rest.
  asio::awaitable<result<void>> transmit(std::string_view rest) {
    if (!may_begin()) co_return why({});
    const under_way operation(operations_);
    const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
    is_sending_ = true;
    while (!rest.empty()) {
      error_code problem;
      const std::size_t n = socket_.write_some(asio::buffer(rest), problem);
      if (problem == asio::error::would_block) {
        const auto [failed] =
            co_await socket_.async_wait(tcp::socket::wait_write, asio::as_tuple(asio::use_awaitable));
        problem = failed;
      }
      if (problem) co_return why(problem);
      if (watch.has_fired()) co_return cancelled();
      rest.remove_prefix(n);
    }
    is_sending_ = false;
    co_return result<void>();
  }

  asio::awaitable<result<void>> flush() {
    std::string& wire = tls_->output();
    const result<void> sent = co_await transmit(wire);
    wire.clear();
    co_return sent;
  }

  /// Receives wire bytes for TLS, once.
  asio::awaitable<result<void>> feed() {
    if (wire_.empty()) wire_.resize(wire_chunk);
    const result<std::size_t> got = co_await receive(asio::buffer(wire_));
    if (got) {
      tls_->receive({wire_.data(), *got});
      co_return result<void>();
    }
    if (got.error().code == "eof") co_return tls_->ended();
    co_return got.error();
  }

  asio::awaitable<result<void>> shake_hands() {
    const cancellation_watch watch(co_await asio::this_coro::cancellation_state);
    for (;;) {
      const result<tls_engine::step> step = tls_->handshake();
      if (!step) {
        co_await flush();  // the alert, for the peer's log
        co_return step.error();
      }
      const result<void> sent = co_await flush();
      if (!sent) co_return sent.error();
      if (*step == tls_engine::step::done) co_return result<void>();
      if (watch.has_fired()) co_return cancelled();
      const result<void> fed = co_await feed();
      if (!fed) co_return fed.error();
    }
  }

  clock& clock_;
  tcp::socket socket_;
  std::string peer_;
  std::optional<tls_engine> tls_;
  std::vector<char> wire_;
  steady_time deadline_{steady_time::max()};
  std::shared_ptr<unsigned> operations_{std::make_shared<unsigned>(0)};
  bool is_sending_{false};
  bool is_expired_{false};
  bool is_closed_{false};
  watchdog watchdog_;
};

}  // namespace

std::unique_ptr<stream> make_tcp_stream(tcp::socket socket, clock& clock) {
  return std::make_unique<tcp_stream>(std::move(socket), clock);
}

std::string endpoint_text(const tcp::endpoint& endpoint) {
  return authority(endpoint.address().to_string(), endpoint.port());
}

}  // namespace lastcall
