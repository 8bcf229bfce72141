#include "broker/server.hpp"

#include "broker/admin.hpp"
#include "broker/console.hpp"
#include "broker/json_protocol.hpp"
#include "broker/other_site.hpp"
#include "broker/query_protocol.hpp"
#include "broker/read_request.hpp"
#include "broker/request_context.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

namespace lastcall::broker {

namespace asio = boost::asio;

namespace {

/// A request may name its queue by the URL that it is sent to; a QueueUrl of its own counts more.
void set_queue_from_path(any_request& request, const call& caller, std::string_view path) {
  if (path.size() <= 1) return;
  std::visit(
      [&](auto& typed) {
        if constexpr (requires { typed.queue_url; })
          if (typed.queue_url.empty()) typed.queue_url = caller.endpoint + std::string(path);
      },
      request);
}

/// At a queue's URL only operations on queues are known, and GetQueueUrl, of any queue.
bool belongs_to_a_queue(const any_request& request) {
  return std::holds_alternative<get_queue_url_request>(request) ||
         std::visit([](const auto& typed) { return requires { typed.queue_url; }; }, request);
}

answer<any_request> read_json(const http::request& request) {
  return json_protocol::read(json_protocol::operation(request.headers.get("X-Amz-Target")), request.body);
}

answer<any_request> read_query(const http::request& request) {
  query_protocol::parameters parameters;
  const bool fits = query_protocol::add_form(parameters, query_of(request.target)) &&
                    (request.method != "POST" || query_protocol::add_form(parameters, request.body));
  if (!fits) return faults::unreadable("The request has too many parameters.");
  answer<any_request> asked = query_protocol::read(parameters);
  if (asked && path_of(request.target).size() > 1 && !belongs_to_a_queue(*asked))
    return faults::invalid_action(operation_of(*asked));
  return asked;
}

/// A poll that is abandoned unless it was taken: when the client has gone, and when the coroutine is
/// destroyed.
class held_poll {
 public:
  held_poll(long_polls& polls, server& owner) : polls_(polls), server_(owner) {}
  held_poll(const held_poll&) = delete;
  held_poll& operator=(const held_poll&) = delete;
  ~held_poll() {
    if (!ticket_) return;
    polls_.abandon(ticket_, server_.now());
    server_.wake_polls();
  }

  long_polls::ticket& ticket() noexcept { return ticket_; }
  answer<receive_message_result> take() { return std::exchange(ticket_, nullptr)->take(); }

 private:
  long_polls& polls_;
  server& server_;
  long_polls::ticket ticket_;
};

}  // namespace

server::server(const asio::any_io_executor& executor, clock& clock, random& chance,
               std::unique_ptr<listener> l, server_options options)
    : executor_(executor),
      clock_(clock),
      random_(chance),
      engine_(chance, options.engine),
      polls_(engine_, options.polls),
      endpoint_(options.scheme + "://" + l->address()),
      scheme_(options.scheme),
      host_names_(std::move(options.host_names)),
      http_(executor, clock, std::move(l), *this, options.http),
      inside_(clock, executor),
      timer_(clock, executor) {
  if (!options.keys.empty()) check_signature_.emplace(std::move(options.keys));
  if (options.data != nullptr)
    keeper_.emplace(engine_, *options.data, clock, executor, [this] { wake_polls(); });
}

server::~server() = default;

result<void> server::load() { return keeper_ ? keeper_->load() : result<void>(); }

asio::awaitable<void> server::run() {
  asio::co_spawn(executor_, pass_time(inside_.enter()), asio::detached);
  co_await http_.run();
  stop();
  co_await inside_.wait_empty();
  if (keeper_) co_await keeper_->ended();
}

void server::stop() noexcept {
  stopping_ = true;
  http_.stop();
  timer_.notify();
}

/// The server's one timer: answers polls whose time, or whose message, has come. Without polls it sleeps.
asio::awaitable<void> server::pass_time(gate::holder) {
  while (!stopping_) {
    polls_.settle(now());
    if (keeper_) keeper_->write_soon();
    timer_due_ = polls_.next_event();
    co_await timer_.wait_until(timer_due_);
  }
}

void server::wake_polls() {
  polls_.settle(now());
  if (polls_.next_event() < timer_due_) timer_.notify();
  if (keeper_) keeper_->write_soon();
}

void server::reset() {
  engine_.reset();
  wake_polls();
}

asio::awaitable<http::response> server::handle(const http::request& request) {
  if (is_own_path(path_of(request.target)) || wants_page(request)) co_return co_await handle_own(request);
  const bool is_json = request.headers.has("X-Amz-Target");
  const std::string request_id = random_.uuid();
  answer<any_request> asked = read(request);
  const std::string_view operation = asked ? operation_of(*asked) : std::string_view("unknown");
  answer<any_result> result = any_result(empty_result{});
  if (asked)
    result = co_await carry_out(request, std::move(*asked));
  else
    result = asked.error();
  requests_.count(operation, result ? std::string_view("OK") : result.error().code);
  const query_protocol::form form = query_protocol::form_for(request);
  if (!is_json && result) co_return query_protocol::write(operation, *result, request_id, form);
  if (!is_json) co_return query_protocol::write(result.error(), request_id, form);
  if (result) co_return json_protocol::write(*result, request_id);
  co_return json_protocol::write(result.error(), request_id);
}

/// What a request asks for, in the protocol that it speaks, if its sender may ask and its signature is good.
answer<any_request> server::read(const http::request& request) {
  if (is_from_another_site(request, host_names_)) return faults::from_another_site();
  if (check_signature_)
    if (auto wrong = (*check_signature_)(request, clock_.wall_now())) return std::move(*wrong);
  return request.headers.has("X-Amz-Target") ? read_json(request) : read_query(request);
}

/// What changes something is kept before it is answered, as requests of the API are.
asio::awaitable<http::response> server::handle_own(const http::request& request) {
  if (!keeper_ || request.method == "GET" || request.method == "HEAD") co_return answer_own(*this, request);
  if (const auto why = keeper_->refusal()) co_return refuse(faults::service_unavailable(why->message));
  http::response own = answer_own(*this, request);
  const std::optional<api_error> not_kept = co_await kept();
  if (not_kept) co_return refuse(*not_kept);
  co_return own;
}

asio::awaitable<answer<any_result>> server::carry_out(const http::request& request, any_request asked) {
  call caller = call_of(request, now(), scheme_, endpoint_);
  set_queue_from_path(asked, caller, path_of(request.target));
  return perform(std::move(caller), std::move(asked));
}

/// Nothing may be answered that would be gone if the process ended now.
asio::awaitable<std::optional<api_error>> server::kept() {
  const result<void> done = co_await keeper_->kept();
  if (done) co_return std::nullopt;
  co_return faults::service_unavailable(done.error().message);
}

asio::awaitable<answer<any_result>> server::perform(call caller, any_request request) {
  if (keeper_)
    if (const auto why = keeper_->refusal()) co_return faults::service_unavailable(why->message);
  if (auto* waiting = std::get_if<receive_message_request>(&request))
    co_return co_await receive(std::move(caller), std::move(*waiting));
  answer<any_result> result = engine_.perform(caller, std::move(request));
  wake_polls();
  if (keeper_) {
    const std::optional<api_error> not_kept = co_await kept();
    if (not_kept) co_return *not_kept;
  }
  co_return result;
}

asio::awaitable<answer<any_result>> server::receive(call caller, receive_message_request request) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state cancelled = co_await asio::this_coro::cancellation_state;
  std::optional<wakeup> answered;  // most polls need none
  held_poll held(polls_, *this);
  held.ticket() = polls_.receive(caller, std::move(request), [&answered] { answered->notify(); });
  if (!held.ticket()->is_answered()) answered.emplace(clock_, executor_);
  wake_polls();
  while (!held.ticket()->is_answered() && cancelled.cancelled() == asio::cancellation_type::none)
    co_await answered->wait();
  if (keeper_) {
    const std::optional<api_error> not_kept = co_await kept();
    if (not_kept) {
      // Undone with the rest: to give back what it leased could take it from a later receive.
      if (held.ticket()->is_answered()) static_cast<void>(held.take());
      co_return *not_kept;
    }
  }
  if (cancelled.cancelled() != asio::cancellation_type::none) co_return any_result(receive_message_result{});
  answer<receive_message_result> result = held.take();
  if (result.has_error()) co_return result.error();
  co_return any_result(std::move(*result));
}

}  // namespace lastcall::broker
