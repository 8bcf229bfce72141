#include "simulation/byte_server.hpp"

#include "broker/json_protocol.hpp"
#include "runtime/wakeup.hpp"
#include "simulation/dispatcher.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <charconv>

namespace lastcall::simulation {
namespace asio = boost::asio;

namespace {

http::response told(unsigned status, std::string_view code, std::string_view message) {
  http::response r;
  r.status = status;
  r.headers.add("Content-Type", "application/x-amz-json-1.0");
  r.body = fmt::format(R"({{"__type":"com.amazon.coral.service#{}","message":"{}"}})", code, message);
  return r;
}

/// As a load balancer in front of the service answers.
http::response of_a_gateway(unsigned status) {
  http::response r;
  r.status = status;
  r.headers.add("Content-Type", "text/html");
  r.body = fmt::format("<html><body><h1>{} Service Unavailable</h1></body></html>", status);
  return r;
}

template <class Result, class Entry>
broker::answer<broker::any_result> as_batch(const std::vector<Entry>& entries,
                                            result<std::vector<sqs::batch_failure>> failures) {
  Result r;
  std::size_t next = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (next < failures->size() && (*failures)[next].index == i) {
      const sqs::batch_failure& f = (*failures)[next++];
      r.failed.push_back({entries[i].id, f.sender_fault, f.why.code, f.why.message});
    } else {
      r.successful.push_back({entries[i].id});
    }
  }
  return broker::any_result(std::move(r));
}

http::response written(const broker::answer<broker::any_result>& answer, const std::string& id) {
  return answer.has_error() ? broker::json_protocol::write(answer.error(), id)
                            : broker::json_protocol::write(*answer, id);
}

}  // namespace

poll_ptr poll_book::find(std::uint64_t number) const {
  const auto found = polls_.find(number);
  return found == polls_.end() ? nullptr : found->second;
}

std::optional<std::uint64_t> poll_book::label_in(std::string_view text) {
  const std::size_t mark = text.rfind('#');
  if (mark == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(text.data() + mark + 1, text.data() + text.size(), number);
  return number;
}

void poll_book::written(std::string_view wire) {
  const std::optional<std::uint64_t> number = label_in(wire);
  if (number && !written_.insert(*number).second)
    oracle_.violated(3, fmt::format("poll {} is sent again, and may have been served", *number));
}

void poll_book::refused(std::string_view body) {
  if (const std::optional<std::uint64_t> number = label_in(body)) written_.erase(*number);
}

/// A connection that has come up.
class byte_server::guest final : private http::service {
 public:
  guest(byte_server& s, connection_ptr c, std::unique_ptr<stream> end)
      : server_(s),
        wire_(std::move(c)),
        connection_(dispatcher(s.lane_), s.lane_, std::move(end), *this, s.options_) {}
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  asio::awaitable<void> run() { return connection_.run(); }
  void stop() noexcept { connection_.stop(); }

 private:
  using received = broker::answer<broker::receive_message_result>;
  struct waiting {
    waiting(lane& l) : answered(l, l.get_executor()) {}
    wakeup answered;
    std::optional<received> answer;
  };

  bool caller_has_gone() const noexcept { return wire_->ends[connection::client].closed; }
  asio::awaitable<http::response> handle(const http::request& r) override {
    const std::size_t process = wire_->host->process;
    const std::string id = server_.request_id();
    if (caller_has_gone()) ++server_.network_.counts().ghosts;
    if (std::optional<http::response> refused = server_.refusal(r, process)) {
      server_.polls_.refused(r.body);
      co_return std::move(*refused);
    }
    const std::string_view operation = broker::json_protocol::operation(r.headers.get("X-Amz-Target"));
    broker::answer<broker::any_request> asked = broker::json_protocol::read(operation, r.body);
    if (asked.has_error()) {
      server_.oracle_.violated(0, "a request can't be read: " + asked.error().message);
      co_return broker::json_protocol::write(asked.error(), id);
    }
    if (auto* receive = std::get_if<broker::receive_message_request>(&*asked))
      co_return co_await wait_for(std::move(*receive), id);
    co_return written(server_.perform(process, caller_has_gone(), std::move(*asked)), id);
  }

  asio::awaitable<http::response> wait_for(broker::receive_message_request r, std::string id) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::cancellation_state cancelled = co_await asio::this_coro::cancellation_state;
    const poll_ptr poll = server_.polls_.find(poll_book::label_in(r.attempt_id.value_or("")).value_or(0));
    if (!poll || poll->process != wire_->host->process) {
      server_.oracle_.violated(3, "a receive arrives that nobody has sent");
      co_return told(400, "InvalidParameterValue", "no such receive");
    }
    r.attempt_id->resize(r.attempt_id->rfind('#'));
    if (r.attempt_id->empty()) r.attempt_id.reset();
    const auto here = std::make_shared<waiting>(server_.lane_);
    auto reply = [here](received answer) {
      here->answer = std::move(answer);
      here->answered.notify();
    };
    server_.service_.receive(std::move(r), poll, std::move(reply));
    while (!here->answer && cancelled.cancelled() == asio::cancellation_type::none)
      co_await here->answered.wait();
    if (!here->answer) co_return http::response{};  // nobody will read it
    if (here->answer->has_error()) co_return broker::json_protocol::write(here->answer->error(), id);
    co_return broker::json_protocol::write(broker::any_result(std::move(**here->answer)), id);
  }

  byte_server& server_;
  connection_ptr wire_;
  http::server_connection connection_;
};

byte_server::byte_server(scheduler& time, const plan& p, byte_network& network, service& s, poll_book& polls,
                         oracle& o)
    : lane_(time, std::chrono::nanoseconds(0)),
      faults_(p.faults),
      network_(network),
      service_(s),
      polls_(polls),
      oracle_(o),
      dice_(p.seed ^ 0x5e4e4),
      random_(p.seed ^ 0x1d5) {
  options_.idle_timeout = p.faults.bytes.server_patience;
  network.listen(lane_, [this](connection_ptr c, std::unique_ptr<stream> end) {
    guests_.emplace_back(*this, std::move(c), std::move(end));
    asio::co_spawn(dispatcher(lane_), serve(*this, std::prev(guests_.end())), asio::detached);
  });
}

byte_server::~byte_server() {
  network_.close();
  lane_.detach();
  for (guest& g : guests_)
    g.stop();
  constexpr std::size_t most_steps = 200'000;
  if (!lane_.run_alone(most_steps) || !guests_.empty())
    oracle_.violated(0, "the server's connections do not come to rest");
}

asio::awaitable<void> byte_server::serve(byte_server& s, std::list<guest>::iterator g) {
  co_await g->run();
  s.guests_.erase(g);
}

std::optional<http::response> byte_server::drawn_refusal(bool is_receive) {
  if (is_calm_) return std::nullopt;
  const fault_plan& f = faults_;
  std::optional<http::response> r;
  if (network_.is_down()) {
    ++network_.counts().in_outage;
    return of_a_gateway(503);
  }
  if (dice_.happens(f.throttled))
    r = dice_.happens(0.5) ? told(400, "RequestThrottled", "too many requests")
                           : told(429, "ThrottlingException", "Rate exceeded");
  else if (dice_.happens(f.failing))
    r = dice_.happens(0.5) ? told(500, "InternalFailure", "the service has failed")
                           : of_a_gateway(dice_.happens(0.5) ? 502 : 503);
  else if (dice_.happens(f.expired))
    r = told(403, "ExpiredTokenException", "The security token included in the request is expired");
  else if (is_receive && dice_.happens(f.over_limit))
    r = broker::json_protocol::write(broker::faults::over_limit("too many messages are in flight"),
                                     request_id());
  if (!r) return r;
  ++network_.counts().refused;
  if (faults_.bytes.advises && r->status != 403)
    r->headers.add("x-amz-retry-after", std::to_string(dice_.between(0, 10'000)));
  return r;
}

std::optional<http::response> byte_server::refusal(const http::request& r, std::size_t process) {
  const bool is_receive = r.headers.get("X-Amz-Target") == "AmazonSQS.ReceiveMessage";
  if (auto drawn = drawn_refusal(is_receive)) return drawn;
  const standing s = signatures_.look_at(r, lane_.wall_now());
  switch (s.what) {
    case standing::is::good:
      if (s.process == process) return std::nullopt;
      oracle_.violated(0, fmt::format("worker {} signs as worker {}", process, s.process));
      break;
    case standing::is::forged:
      oracle_.violated(0, fmt::format("a signature of worker {} is not valid: {}", process, s.why));
      break;
    case standing::is::expired:
      ++network_.counts().refused;
      return told(403, "ExpiredTokenException", "The security token included in the request is expired");
    case standing::is::mistimed: {
      ++network_.counts().mistimed;
      constexpr const char* codes[] = {"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"};
      return told(403, dice_.one_of(codes), "Signature expired");
    }
  }
  return told(403, "InvalidSignatureException", "the signature does not fit");
}

broker::answer<broker::any_result> byte_server::perform(std::size_t process, bool caller_has_gone,
                                                        broker::any_request asked) {
  if (const auto* remove = std::get_if<broker::delete_message_batch_request>(&asked)) {
    std::vector<std::string> handles;
    for (const broker::delete_message_batch_entry& entry : remove->entries)
      handles.push_back(entry.receipt_handle);
    return as_batch<broker::delete_message_batch_result>(remove->entries, service_.remove(process, handles));
  }
  if (const auto* change = std::get_if<broker::change_message_visibility_batch_request>(&asked)) {
    std::vector<sqs::visibility_change> changes;
    for (const broker::change_message_visibility_batch_entry& entry : change->entries)
      changes.push_back({entry.receipt_handle, std::chrono::seconds(entry.visibility_timeout_s.value_or(0))});
    return as_batch<broker::change_message_visibility_batch_result>(
        change->entries, service_.change_visibility(process, changes, caller_has_gone));
  }
  if (auto* attributes = std::get_if<broker::get_queue_attributes_request>(&asked)) {
    const auto answer = service_.attributes(std::move(*attributes));
    if (answer.has_error()) return answer.error();
    return broker::any_result(*answer);
  }
  oracle_.violated(0, "the worker asks for an operation that it has no use for");
  return broker::faults::unknown_operation();
}

}  // namespace lastcall::simulation
