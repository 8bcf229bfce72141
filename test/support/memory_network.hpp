#pragma once

#include "base/url.hpp"
#include "runtime/stream.hpp"
#include "runtime/wakeup.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace lastcall::testing {

/// One direction of a connection in memory.
struct memory_pipe {
  memory_pipe(clock& clock, const boost::asio::any_io_executor& executor, std::size_t most)
      : changed_for_reader(clock, executor), changed_for_writer(clock, executor), capacity(most) {}

  void changed() {
    changed_for_reader.notify();
    changed_for_writer.notify();
  }

  std::string bytes;      ///< written and not yet read
  bool is_ended{false};   ///< the writer has closed: what is in it can still be read
  bool is_unread{false};  ///< the reader has closed: what is written goes nowhere
  bool is_broken{false};  ///< reset: what is in it is lost
  wakeup changed_for_reader;
  wakeup changed_for_writer;
  std::size_t capacity;
};

/// A stream in memory. Bytes arrive in the pieces in which they were written; time is the clock's. No TLS.
class memory_stream final : public stream {
 public:
  memory_stream(clock& clock, std::shared_ptr<memory_pipe> in, std::shared_ptr<memory_pipe> out,
                std::string peer)
      : clock_(clock), in_(std::move(in)), out_(std::move(out)), peer_(std::move(peer)) {}
  ~memory_stream() override { close(); }
  memory_stream(const memory_stream&) = delete;
  memory_stream& operator=(const memory_stream&) = delete;

  boost::asio::awaitable<result<std::size_t>> read_some(boost::asio::mutable_buffer into) override {
    for (;;) {
      if (const auto e = ended(); e.kind != fine) co_return e;
      if (in_->is_broken) co_return error{error_kind::network, "reset", "connection reset"};
      if (!in_->bytes.empty()) {
        const std::size_t n = std::min(into.size(), in_->bytes.size());
        std::memcpy(into.data(), in_->bytes.data(), n);
        in_->bytes.erase(0, n);
        in_->changed_for_writer.notify();
        co_return n;
      }
      if (in_->is_ended) co_return error{error_kind::network, "eof", "the peer closed the connection"};
      const bool changed = co_await in_->changed_for_reader.wait_until(deadline_);
      if (!changed && clock_.now() < deadline_) co_return cancelled();
    }
  }
  boost::asio::awaitable<result<void>> write(boost::asio::const_buffer from) override {
    std::string_view rest(static_cast<const char*>(from.data()), from.size());
    for (;;) {
      if (const auto e = ended(); e.kind != fine) co_return e;
      if (out_->is_broken) co_return error{error_kind::network, "reset", "connection reset"};
      const std::size_t room = out_->capacity - std::min(out_->capacity, out_->bytes.size());
      const std::string_view part = rest.substr(0, room);
      if (!out_->is_unread) out_->bytes += part;
      rest.remove_prefix(part.size());
      if (!part.empty()) out_->changed_for_reader.notify();
      if (rest.empty()) co_return result<void>();
      if (out_->is_unread) co_return error{error_kind::network, "reset", "connection reset"};
      const bool changed = co_await out_->changed_for_writer.wait_until(deadline_);
      if (!changed && clock_.now() < deadline_) co_return cancelled();
    }
  }
  boost::asio::awaitable<result<void>> start_tls(tls_context&, std::string) override {
    co_return error{error_kind::invalid, "", "a stream in memory has no TLS"};
  }
  boost::asio::awaitable<result<void>> accept_tls(tls_context&) override {
    co_return error{error_kind::invalid, "", "a stream in memory has no TLS"};
  }
  void expires_at(steady_time when) override {
    deadline_ = when;
    in_->changed_for_reader.notify();
    out_->changed_for_writer.notify();
  }
  bool is_quiet() noexcept override {
    return !is_closed_ && !in_->is_broken && !in_->is_ended && in_->bytes.empty();
  }
  void close() noexcept override {
    is_closed_ = true;
    out_->is_ended = true;
    in_->is_unread = true;
    out_->changed();
    in_->changed();
  }
  std::string peer() const override { return peer_; }

  /// Ends the outgoing direction alone, as shutdown(SHUT_WR) does.
  void end_output() noexcept {
    out_->is_ended = true;
    out_->changed();
  }
  /// As a TCP reset: both directions are lost.
  void reset() noexcept {
    in_->is_broken = out_->is_broken = true;
    is_closed_ = true;
    in_->changed();
    out_->changed();
  }

 private:
  static constexpr auto fine = static_cast<error_kind>(-1);
  static error cancelled() { return error{error_kind::cancelled, "", "cancelled"}; }
  error ended() const {
    if (is_closed_) return error{error_kind::cancelled, "", "the stream was closed"};
    if (clock_.now() >= deadline_) return error{error_kind::timeout, "", "no answer in time"};
    return error{fine, "", ""};
  }

  clock& clock_;
  std::shared_ptr<memory_pipe> in_;
  std::shared_ptr<memory_pipe> out_;
  std::string peer_;
  steady_time deadline_{steady_time::max()};
  bool is_closed_{false};
};

/// A network in memory: listeners by port, whatever the host; a dialer. All on one executor.
class memory_network final : public dialer {
 public:
  /// `capacity`: how many bytes a direction holds before its writer waits.
  memory_network(boost::asio::any_io_executor executor, clock& clock,
                 std::size_t capacity = std::numeric_limits<std::size_t>::max())
      : executor_(std::move(executor)), clock_(clock), capacity_(capacity) {}

  boost::asio::awaitable<result<std::unique_ptr<stream>>> connect(std::string host, std::uint16_t port,
                                                                  steady_time deadline) override {
    if (is_deaf) {
      co_await sleep_until(clock_, deadline);
      if (clock_.now() < deadline) co_return error{error_kind::cancelled, "", "cancelled"};
      co_return error{error_kind::timeout, "connect", authority(host, port) + " did not accept in time"};
    }
    const auto found = backlogs_.find(port);
    if (found == backlogs_.end())
      co_return error{error_kind::network, "connect",
                      "can't connect to " + authority(host, port) + ": refused"};
    auto [here, there] = make_pair("client:" + std::to_string(++connected_), authority(host, port));
    found->second->waiting.push_back(std::move(there));
    found->second->changed.notify();
    co_return std::unique_ptr<stream>(std::move(here));
  }

  /// Takes the port; 0 takes a free one. It is given back when the listener is closed.
  std::unique_ptr<listener> listen(std::uint16_t port = 0) {
    if (port == 0)
      for (port = 50'000; backlogs_.contains(port);)
        ++port;
    auto queue = std::make_shared<backlog>(clock_, executor_);
    backlogs_[port] = queue;
    return std::make_unique<memory_listener>(*this, port, std::move(queue));
  }

  /// Two connected streams; the names are what each side calls the other.
  std::pair<std::unique_ptr<memory_stream>, std::unique_ptr<memory_stream>> make_pair(
      const std::string& name_of_first = "first", const std::string& name_of_second = "second") {
    auto forth = std::make_shared<memory_pipe>(clock_, executor_, capacity_);
    auto back = std::make_shared<memory_pipe>(clock_, executor_, capacity_);
    return {std::make_unique<memory_stream>(clock_, back, forth, name_of_second),
            std::make_unique<memory_stream>(clock_, forth, back, name_of_first)};
  }

  std::size_t connected() const noexcept { return connected_; }
  /// Connection attempts get no answer.
  bool is_deaf{false};

 private:
  struct backlog {
    backlog(clock& clock, const boost::asio::any_io_executor& executor) : changed(clock, executor) {}
    std::deque<std::unique_ptr<memory_stream>> waiting;
    wakeup changed;
    bool is_closed{false};
  };

  class memory_listener final : public listener {
   public:
    memory_listener(memory_network& network, std::uint16_t port, std::shared_ptr<backlog> queue)
        : network_(network), port_(port), queue_(std::move(queue)) {}
    ~memory_listener() override { close(); }
    memory_listener(const memory_listener&) = delete;
    memory_listener& operator=(const memory_listener&) = delete;

    boost::asio::awaitable<result<std::unique_ptr<stream>>> accept() override {
      const std::shared_ptr<backlog> queue = queue_;
      while (!queue->is_closed && queue->waiting.empty())
        if (!co_await queue->changed.wait()) break;
      if (queue->is_closed || queue->waiting.empty())
        co_return error{error_kind::cancelled, "", "the listener was closed"};
      std::unique_ptr<stream> next = std::move(queue->waiting.front());
      queue->waiting.pop_front();
      co_return next;
    }
    void close() noexcept override {
      if (queue_->is_closed) return;
      queue_->is_closed = true;
      queue_->waiting.clear();
      queue_->changed.notify();
      network_.backlogs_.erase(port_);
    }
    std::string address() const override { return authority("memory", port_); }
    std::uint16_t port() const override { return port_; }

   private:
    memory_network& network_;
    std::uint16_t port_;
    std::shared_ptr<backlog> queue_;
  };

  boost::asio::any_io_executor executor_;
  clock& clock_;
  std::size_t capacity_;
  std::map<std::uint16_t, std::shared_ptr<backlog>> backlogs_;
  std::size_t connected_{0};
};

}  // namespace lastcall::testing
