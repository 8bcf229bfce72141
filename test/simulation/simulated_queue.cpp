#include "simulation/simulated_queue.hpp"

#include "simulation/way.hpp"

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

namespace {

constexpr auto attempt_timeout = 10s;
constexpr auto beyond_the_wait = 5s;

error ended() { return {error_kind::invalid, "", "the process has ended"}; }

bool may_help_to_retry(const error& e) {
  return e.kind == error_kind::timeout || e.kind == error_kind::network || e.kind == error_kind::service;
}

}  // namespace

/// Being in a call: how it is ended from outside, and that nobody listens once it is left.
template <class Answer>
class simulated_queue::listening {
 public:
  listening(simulated_queue& queue, std::shared_ptr<exchange<Answer>> x) : queue_(queue), x_(std::move(x)) {
    queue_.open_.emplace(x_.get(), [raw = x_.get()] { raw->complete(ended()); });
  }
  ~listening() {
    x_->is_abandoned = true;
    queue_.open_.erase(x_.get());
  }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;

 private:
  simulated_queue& queue_;
  std::shared_ptr<exchange<Answer>> x_;
};

simulated_queue::simulated_queue(lane& of_process, std::size_t process, unsigned attempts, wire& w,
                                 service& s, oracle& o)
    : lane_(of_process),
      executor_(of_process.get_executor()),
      process_(process),
      attempts_(attempts),
      wire_(w),
      service_(s),
      oracle_(o),
      name_(s.is_fifo() ? "work.fifo" : "work"),
      dice_(process * 77 + 5) {}

void simulated_queue::cut() {
  is_cut_ = true;
  for (const auto& [x, end] : std::exchange(open_, {}))
    end();
}

template <class Answer, class Serve>
asio::awaitable<result<Answer>> simulated_queue::attempt(steady_time deadline, bool is_receive, Serve serve) {
  if (is_cut_) co_return ended();
  const auto x = std::make_shared<exchange<Answer>>(lane_, executor_);
  const listening<Answer> here(*this, x);
  wire_.carry(x, is_receive, std::move(serve));
  const bool is_late = co_await x->done->wait_until(deadline);
  if (x->answer) co_return std::move(*x->answer);
  if (is_late) co_return error{error_kind::timeout, "", "no answer in time"};
  co_return error{error_kind::cancelled, "", "cancelled"};
}

template <class Answer, class Serve>
asio::awaitable<result<Answer>> simulated_queue::call(steady_time deadline, Serve serve) {
  for (unsigned attempt_number = 1;; ++attempt_number) {
    const steady_time until = std::min(deadline, lane_.now() + attempt_timeout);
    Serve once = serve;
    result<Answer> answer = co_await attempt<Answer>(until, false, std::move(once));
    const bool again = !answer && may_help_to_retry(answer.error()) && attempt_number < attempts_;
    const auto pause = again ? dice_.between(0ns, 1s * (1 << (attempt_number - 1))) : 0ns;
    if (!again || lane_.now() + pause >= deadline) co_return answer;
    if (!co_await sleep_for(lane_, pause)) co_return error{error_kind::cancelled, "", "cancelled"};
  }
}

asio::awaitable<result<sqs::receive_answer>> simulated_queue::receive(sqs::receive_request request) {
  if (is_cut_) co_return ended();
  auto poll = std::make_shared<poll_record>();
  poll->process = process_;
  poll->asked_at = lane_.now();
  poll->most = request.max_messages;
  poll->wait = request.wait;
  poll->attempt_id = request.attempt_id;
  oracle_.receive_sent(poll);
  const steady_time deadline = lane_.now() + request.wait + beyond_the_wait;
  auto serve = [&service = service_, request = std::move(request), poll](auto reply, bool) {
    service.receive(request, poll, std::move(reply));
  };
  result<sqs::receive_answer> answer =
      co_await attempt<sqs::receive_answer>(deadline, true, std::move(serve));
  if (!is_cut_) oracle_.receive_over(poll, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> simulated_queue::delete_batch(
    std::vector<std::string> receipt_handles, steady_time deadline) {
  if (is_cut_) co_return ended();
  oracle_.deletes_sent(process_, receipt_handles);
  auto serve = [&service = service_, process = process_, receipt_handles](auto reply, bool) {
    reply(service.remove(process, receipt_handles));
  };
  const auto answer = co_await call<std::vector<sqs::batch_failure>>(deadline, std::move(serve));
  if (!is_cut_) oracle_.deletes_over(process_, receipt_handles, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> simulated_queue::change_visibility_batch(
    std::vector<sqs::visibility_change> changes, steady_time deadline) {
  if (is_cut_) co_return ended();
  const steady_time sent_at = lane_.now();
  oracle_.changes_sent(process_, changes);
  auto serve = [&service = service_, process = process_, changes](auto reply, bool caller_has_gone) {
    reply(service.change_visibility(process, changes, caller_has_gone));
  };
  const auto answer = co_await call<std::vector<sqs::batch_failure>>(deadline, std::move(serve));
  if (!is_cut_) oracle_.changes_over(process_, changes, sent_at, answer);
  co_return answer;
}

asio::awaitable<result<sqs::queue_counts>> simulated_queue::counts(steady_time deadline) {
  if (is_cut_) co_return ended();
  auto serve = [&service = service_](auto reply, bool) { reply(service.counts()); };
  co_return co_await call<sqs::queue_counts>(deadline, std::move(serve));
}

namespace {

class typed_way final : public way {
 public:
  typed_way(lane& world, const plan& p, service& s, oracle& o)
      : plan_(p), service_(s), oracle_(o), wire_(world, p) {}
  std::unique_ptr<process_queue> queue_for(lane& of_process, std::size_t process) override {
    return std::make_unique<simulated_queue>(of_process, process, plan_.attempts, wire_, service_, oracle_);
  }
  void calm() noexcept override { wire_.calm(); }
  const fault_counts& counts() const noexcept override { return wire_.counts(); }

 private:
  const plan& plan_;
  service& service_;
  oracle& oracle_;
  wire wire_;
};

}  // namespace

std::unique_ptr<way> make_typed_way(lane& world, const plan& p, service& s, oracle& o) {
  return std::make_unique<typed_way>(world, p, s, o);
}

}  // namespace lastcall::simulation
