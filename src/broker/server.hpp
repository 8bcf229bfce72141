#pragma once

#include "broker/engine.hpp"
#include "broker/keeper.hpp"
#include "broker/long_polls.hpp"
#include "broker/request_counts.hpp"
#include "broker/signature_check.hpp"
#include "http/server.hpp"
#include "runtime/clock.hpp"
#include "runtime/gate.hpp"
#include "runtime/random.hpp"
#include "runtime/stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace lastcall::broker {

struct server_options {
  engine_options engine;
  long_poll_options polls;
  http::server_options http;
  /// Further names of this host, by which a browser may ask: local_host.hpp, other_site.hpp.
  std::vector<std::string> host_names{};
  std::string scheme{"http"};  ///< of the queue URLs that are given out; "https" behind TLS
  /// Whose signatures are accepted; without any, none is looked at. The server's own paths need none.
  known_keys keys;
  /// Where queues and messages outlive the server; must outlive it in turn. nullptr: nowhere.
  store* data{nullptr};

  /// As inconvenient as SQS: its waits of 60 seconds, and polls that go on leasing when their client has
  /// gone. Duplicates and reordering are chosen apart.
  static server_options like_aws() {
    server_options options;
    options.engine.enforce_waits = true;
    options.polls.abandoned_polls_lease = true;
    return options;
  }
};

/// The embedded SQS-compatible server: the engine behind HTTP, in both protocols of SQS. Used on one strand
/// only: the executor it was made with. What it listens on, and for how long, is the caller's.
///
/// Beside the API it serves paths of its own: admin.hpp.
class server final : private http::service {
 public:
  server(const boost::asio::any_io_executor&, clock&, random&, std::unique_ptr<listener>,
         server_options = {});
  /// The server must have stopped.
  ~server() override;
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Takes in what the store holds; before `run`, where there is a store. Blocks.
  result<void> load();
  /// Serves until `stop`. Completes when every connection has ended.
  boost::asio::awaitable<void> run();
  /// Accepts no more and ends all connections; polls that wait are dropped without a lease left behind.
  void stop() noexcept;
  /// http://host:port, with the port that was really taken.
  const std::string& endpoint_url() const noexcept { return endpoint_; }

  /// The engine itself, for those in the same process who watch or test it. Whoever changes something through
  /// it calls `wake_polls` afterwards.
  broker::engine& engine() noexcept { return engine_; }
  const broker::engine& engine() const noexcept { return engine_; }
  /// This instant, by the server's clock.
  moment now() const noexcept { return {clock_.now(), clock_.wall_now()}; }
  /// Lets long polls see what has changed.
  void wake_polls();
  /// Forgets all queues and messages; polls that wait are answered as for a deleted queue.
  void reset();

  const request_counts& requests() const noexcept { return requests_; }
  std::size_t open_polls() const noexcept { return polls_.waiting(); }
  const std::vector<std::string>& host_names() const noexcept { return host_names_; }
  std::size_t connections() const noexcept { return http_.connections(); }

 private:
  boost::asio::awaitable<http::response> handle(const http::request&) override;
  answer<any_request> read(const http::request&);
  boost::asio::awaitable<http::response> handle_own(const http::request&);
  boost::asio::awaitable<answer<any_result>> carry_out(const http::request&, any_request);
  boost::asio::awaitable<answer<any_result>> perform(call, any_request);
  boost::asio::awaitable<std::optional<api_error>> kept();
  boost::asio::awaitable<answer<any_result>> receive(call, receive_message_request);
  boost::asio::awaitable<void> pass_time(gate::holder);

  boost::asio::any_io_executor executor_;
  clock& clock_;
  random& random_;
  broker::engine engine_;
  long_polls polls_;
  const std::string endpoint_;
  const std::string scheme_;
  const std::vector<std::string> host_names_;
  http::server http_;
  request_counts requests_;
  std::optional<signature_check> check_signature_;
  std::optional<keeper> keeper_;
  gate inside_;
  wakeup timer_;
  steady_time timer_due_{steady_time::max()};
  bool stopping_{false};
};

}  // namespace lastcall::broker
