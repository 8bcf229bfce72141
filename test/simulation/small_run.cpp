#include "simulation/small_run.hpp"

#include "simulation/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

namespace {

/// What is awaited for no longer than this happens by itself: a batch that waits for company.
constexpr auto at_once = 20ms;
/// Times that differ by less are one.
constexpr auto grain = 100ms;
constexpr auto attempt_timeout = 10s;
constexpr auto beyond_the_wait = 5s;

std::uint64_t digest(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::uint64_t key_of(const std::string& handle) {
  const broker::receipt r = broker::decode_receipt_handle(handle).value();
  return (r.serial << 32) | r.lease;
}

std::uint64_t digest(const sqs::receive_answer& answer) {
  history all;
  for (const message& m : answer.messages)
    all.add(key_of(m.receipt_handle));
  return all.first();
}
std::uint64_t digest(const std::vector<sqs::batch_failure>& failures) {
  history all;
  for (const sqs::batch_failure& f : failures)
    all.add(f.index ^ (digest(f.why.code) << 8));
  return all.first();
}
std::uint64_t digest(const sqs::queue_counts& counts) {
  return counts.visible ^ (counts.in_flight << 20) ^ (counts.delayed << 40);
}

error ended() { return {error_kind::invalid, "", "the process has ended"}; }
error broken() { return {error_kind::network, "reset", "connection reset"}; }

}  // namespace

/// A call of a worker that is not over.
struct small_run::call {
  enum class stage { sent, served, answered };
  stage at{stage::sent};
  std::size_t process{};
  std::uint64_t number{};       ///< of the worker's
  std::uint64_t jobs_before{};  ///< jobs that the worker had begun
  std::uint64_t content{};
  bool is_receive{false};
  std::uint64_t answer{};  ///< its digest, once there is one
  std::function<void()> serve;
  std::function<void()> complete;
  std::function<void(error)> fail;
};

struct small_run::job_here {
  std::size_t process{};
  std::uint64_t number{};  ///< of the worker's
  const job* subject{};
  std::unique_ptr<timer> decided;
  std::optional<outcome> decision;
};

/// Always the same, but for the lowest bits, so that names are different.
class small_run::chance_here final : public random {
 public:
  explicit chance_here(std::uint64_t first) : next_(first) {}
  std::uint64_t next() override { return (std::uint64_t{1} << 63) | (next_++ & 0x7ff); }

 private:
  std::uint64_t next_;
};

class small_run::queue_here final : public process_queue {
 public:
  queue_here(small_run& in, lane& of_process, std::size_t process)
      : in_(in), lane_(of_process), process_(process), name_(in.service_.is_fifo() ? "work.fifo" : "work") {}

  const std::string& name() const noexcept override { return name_; }
  bool is_fifo() const noexcept override { return in_.service_.is_fifo(); }
  asio::awaitable<result<sqs::receive_answer>> receive(sqs::receive_request) override;
  asio::awaitable<result<std::vector<sqs::batch_failure>>> delete_batch(std::vector<std::string>,
                                                                        steady_time deadline) override;
  asio::awaitable<result<std::vector<sqs::batch_failure>>> change_visibility_batch(
      std::vector<sqs::visibility_change>, steady_time deadline) override;
  asio::awaitable<result<sqs::queue_counts>> counts(steady_time deadline) override;
  void cut() override {
    is_cut_ = true;
    const auto open = in_.calls_;
    for (const auto& c : open)
      if (c->process == process_) c->fail(ended());
  }

 private:
  template <class Answer, class Serve>
  asio::awaitable<result<Answer>> ask(steady_time deadline, std::uint64_t content, Serve serve);

  small_run& in_;
  lane& lane_;
  std::size_t process_;
  std::string name_;
  std::uint64_t calls_{0};
  bool is_cut_{false};
};

template <class Answer, class Serve>
asio::awaitable<result<Answer>> small_run::queue_here::ask(steady_time deadline, std::uint64_t content,
                                                           Serve serve) {
  const auto x = std::make_shared<exchange<Answer>>(lane_, lane_.get_executor());
  const auto c = std::make_shared<call>();
  c->process = process_;
  c->number = ++calls_;
  c->content = content;
  c->is_receive = std::is_same_v<Answer, sqs::receive_answer>;
  c->jobs_before = in_.jobs_begun_[process_];
  const auto brought = std::make_shared<std::optional<result<Answer>>>();
  c->serve = [this, brought, content, weak = std::weak_ptr<call>(c), serve = std::move(serve)] {
    if (std::is_same_v<Answer, sqs::receive_answer>) in_.waiting_.push_back(content);
    serve([run = &in_, brought, content, weak](result<Answer> answer) {
      run->waiting_.remove(content);
      const std::shared_ptr<call> served = weak.lock();
      if (!served) return;  // nobody awaits it any more
      served->answer = answer ? digest(*answer) : digest(answer.error().code);
      served->at = call::stage::answered;
      *brought = std::move(answer);
    });
  };
  c->complete = [brought, x] { x->complete(std::move(**brought)); };
  c->fail = [x](error why) { x->complete(std::move(why)); };
  in_.calls_.push_back(c);
  const bool is_late = co_await x->done->wait_until(deadline);
  x->is_abandoned = true;
  in_.calls_.remove(c);
  if (x->answer) co_return std::move(*x->answer);
  if (is_late) co_return error{error_kind::timeout, "", "no answer in time"};
  co_return error{error_kind::cancelled, "", "cancelled"};
}

asio::awaitable<result<sqs::receive_answer>> small_run::queue_here::receive(sqs::receive_request request) {
  if (is_cut_) co_return ended();
  const auto poll = std::make_shared<poll_record>();
  poll->process = process_;
  poll->asked_at = lane_.now();
  poll->most = request.max_messages;
  poll->wait = request.wait;
  poll->attempt_id = request.attempt_id;
  in_.oracle_.receive_sent(poll);
  const steady_time deadline = lane_.now() + request.wait + beyond_the_wait;
  history what;
  what.add(process_);
  what.add(static_cast<std::uint64_t>(request.max_messages));
  what.add(static_cast<std::uint64_t>(request.wait.count()));
  what.add(in_.moment());
  const std::uint64_t content = what.first();
  in_.asked_.add(digest(request.attempt_id));
  auto serve = [&service = in_.service_, request = std::move(request), poll](auto reply) {
    service.receive(request, poll, std::move(reply));
  };
  auto answer = co_await ask<sqs::receive_answer>(deadline, content, std::move(serve));
  if (!is_cut_) in_.oracle_.receive_over(poll, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> small_run::queue_here::delete_batch(
    std::vector<std::string> handles, steady_time deadline) {
  if (is_cut_) co_return ended();
  in_.oracle_.deletes_sent(process_, handles);
  history content;
  for (const std::string& handle : handles)
    content.add(key_of(handle));
  auto serve = [&service = in_.service_, process = process_, handles](auto reply) {
    reply(service.remove(process, handles));
  };
  const steady_time until = std::min(deadline, lane_.now() + attempt_timeout);
  auto answer = co_await ask<std::vector<sqs::batch_failure>>(until, content.first(), std::move(serve));
  if (!is_cut_) in_.oracle_.deletes_over(process_, handles, answer);
  co_return answer;
}

asio::awaitable<result<std::vector<sqs::batch_failure>>> small_run::queue_here::change_visibility_batch(
    std::vector<sqs::visibility_change> changes, steady_time deadline) {
  if (is_cut_) co_return ended();
  const steady_time sent_at = lane_.now();
  in_.oracle_.changes_sent(process_, changes);
  history content;
  for (const sqs::visibility_change& change : changes) {
    content.add(key_of(change.receipt_handle));
    content.add(static_cast<std::uint64_t>(change.visibility.count()));
  }
  auto serve = [&service = in_.service_, process = process_, changes](auto reply) {
    reply(service.change_visibility(process, changes, false));
  };
  const steady_time until = std::min(deadline, lane_.now() + attempt_timeout);
  auto answer = co_await ask<std::vector<sqs::batch_failure>>(until, content.first(), std::move(serve));
  if (!is_cut_) in_.oracle_.changes_over(process_, changes, sent_at, answer);
  co_return answer;
}

asio::awaitable<result<sqs::queue_counts>> small_run::queue_here::counts(steady_time deadline) {
  if (is_cut_) co_return ended();
  auto serve = [&service = in_.service_](auto reply) { reply(service.counts()); };
  co_return co_await ask<sqs::queue_counts>(deadline, 0, std::move(serve));
}

/// Jobs that end when that is chosen.
class small_run::jobs_here final : public process_jobs {
 public:
  jobs_here(small_run& in, lane& of_process, std::size_t process)
      : in_(in), lane_(of_process), process_(process) {}

  asio::awaitable<outcome> run(job& j) override {
    if (is_cut_) co_return outcome::stopped();
    const std::shared_ptr<job_record> record = in_.oracle_.job_began(process_, j);
    job_here here{process_, ++in_.jobs_begun_[process_], &j, lane_.make_timer(lane_.get_executor()),
                  std::nullopt};
    in_.jobs_.push_back(&here);
    while (!here.decision) {
      co_await here.decided->wait_until(steady_time::max());
      if (is_cut_ || j.stopping() == stop_reason::none || record->noticed) continue;
      record->noticed = true;
      in_.oracle_.job_noticed(*record);
    }
    in_.jobs_.remove(&here);
    if (!is_cut_) in_.oracle_.job_ended(*record, here.decision->what);
    co_return *here.decision;
  }
  void cut() noexcept override {
    is_cut_ = true;
    for (job_here* j : in_.jobs_) {
      if (j->process != process_) continue;
      if (!j->decision) j->decision = outcome::stopped();
      j->decided->wake();
    }
  }

 private:
  small_run& in_;
  lane& lane_;
  std::size_t process_;
  bool is_cut_{false};
};

std::unique_ptr<process_queue> small_run::queue_for(lane& l, std::size_t process) {
  return std::make_unique<queue_here>(*this, l, process);
}
std::unique_ptr<process_jobs> small_run::jobs_for(lane& l, std::size_t process) {
  return std::make_unique<jobs_here>(*this, l, process);
}
std::unique_ptr<random> small_run::random_for(const process_plan& p) {
  return std::make_unique<chance_here>(p.seed);
}

plan small_run::plan_for(const small_world& w) {
  plan p;
  p.fifo = w.fifo;
  p.attempts = 1;
  p.horizon = w.horizon;
  if (w.mishaps != 0) p.faults.request_reset = p.faults.answer_reset = p.faults.request_lost = 0.1;
  for (std::size_t i = 0; i < w.messages; ++i) {
    message_plan m;
    if (w.fifo) m.group = "a";
    m.job.what = job_plan::kind::finishes;
    m.job.failures = w.failures;
    p.messages.push_back(std::move(m));
  }
  return p;
}

small_run::small_run(const small_world& w, trace& t)
    : world_(w),
      plan_(plan_for(w)),
      time_(picker_, true),
      lane_(time_, 0ns),
      oracle_(plan_, t, lane_),
      service_(lane_, plan_, oracle_),
      trace_(t),
      workers_(w.workers + 1),
      signals_(w.workers + 1),
      jobs_begun_(w.workers + 1) {
  oracle_.set_truth(service_);
  for (std::size_t i = 0; i < w.messages; ++i)
    service_.send(i, plan_.messages[i]);
  constexpr std::uint64_t names_apart = 700;
  for (std::size_t number = 1; number <= w.workers; ++number) {
    process_plan p;
    p.options = w.options;
    p.seed = number * names_apart;
    const process::surroundings around{time_, *this, oracle_, trace_};
    processes_.push_back(std::make_unique<process>(around, number, p));
    processes_.back()->begin();
  }
  come_to_rest();
  forget_the_past();
  find_choices();
}

small_run::~small_run() {
  for (const auto& p : processes_)
    if (!p->wind_down()) oracle_.violated(0, "a process that has ended does not come to rest");
}

process* small_run::find(std::size_t number) {
  const auto found = std::ranges::find_if(processes_, [&](const auto& p) { return p->number() == number; });
  return found == processes_.end() ? nullptr : found->get();
}

void small_run::note(std::size_t process, choice::kind what, std::uint64_t about) {
  history& seen = workers_[process].seen;
  seen.add(static_cast<std::uint64_t>(what));
  seen.add(about);
  seen.add(moment());
}

std::uint64_t small_run::moment() const noexcept {
  return static_cast<std::uint64_t>((time_.now() - scheduler::start() + grain / 2) / grain);
}

/// A worker that holds nothing, owes nothing and asks for messages is as one that has just begun.
void small_run::forget_the_past() {
  for (const auto& p : processes_) {
    memory& m = workers_[p->number()];
    if (m.had_a_mishap || p->is_draining()) continue;
    const auto is_its = [&](const auto& it) { return it->process == p->number(); };
    if (std::ranges::any_of(jobs_, is_its) || std::ranges::count_if(calls_, is_its) != 1) continue;
    const call& only = **std::ranges::find_if(calls_, is_its);
    if (!only.is_receive || only.at != call::stage::sent) continue;
    m.seen = history();
    m.first_call = only.number - 1;
    m.first_job = only.jobs_before;
    note(p->number(), choice::kind::arrives, only.content);
  }
}

/// Runs whatever is ready, in the order of Asio's strands: that takes no time, and no worker sees what
/// another does but through the service.
void small_run::come_to_rest() {
  for (;;) {
    while (time_.has_ready())
      time_.run_one();
    for (std::size_t i = 0; i < processes_.size();) {
      if (!processes_[i]->is_over()) {
        ++i;
        continue;
      }
      const std::unique_ptr<process> gone = std::move(processes_[i]);
      processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(i));
      if (!gone->wind_down()) oracle_.violated(0, "a process that has ended does not come to rest");
      workers_[gone->number()].is_over = true;
    }
    if (time_.now() - scheduler::start() >= world_.horizon) {
      bool all_told = true;
      for (const auto& p : processes_) {
        if (p->is_draining()) continue;
        note(p->number(), choice::kind::signal, 0);
        p->signal();
        all_told = false;
      }
      if (!all_told) continue;
    }
    if (processes_.empty() || time_.next_time() > time_.now() + at_once) return;
    time_.run_one();
  }
}

void small_run::find_choices() {
  choices_.clear();
  if (processes_.empty()) return at_end();
  const bool may_go_wrong = mishaps_ < world_.mishaps;
  bool all_under_way = true;
  std::size_t i = 0;
  for (const auto& c : calls_) {
    using enum choice::kind;
    if (c->at == call::stage::sent) choices_.push_back({arrives, i});
    if (c->at == call::stage::sent && may_go_wrong) choices_.push_back({request_lost, i});
    if (c->at == call::stage::served && may_go_wrong) choices_.push_back({poll_breaks, i});
    if (c->at == call::stage::answered) choices_.push_back({answered, i});
    if (c->at == call::stage::answered && may_go_wrong) choices_.push_back({answer_lost, i});
    all_under_way = all_under_way && c->at == call::stage::served;
    ++i;
  }
  i = 0;
  for (const job_here* j : jobs_) {
    const bool is_told = j->subject->stopping() != stop_reason::none;
    choices_.push_back({choice::kind::done, i});
    if (!is_told && failures_ < world_.failures) choices_.push_back({choice::kind::fails, i});
    if (is_told) choices_.push_back({choice::kind::stops, i});
    ++i;
  }
  for (const auto& p : processes_)
    if (p->number() <= world_.signalled && signals_[p->number()] < world_.signals)
      choices_.push_back({choice::kind::signal, p->number()});
  if (time_.next_time() != steady_time::max() && (all_under_way || may_go_wrong))
    choices_.push_back({choice::kind::time, all_under_way ? 0U : 1U});
  if (choices_.empty()) oracle_.violated(0, "nothing is awaited any more, and workers are left");
}

void small_run::at_end() {
  if (oracle_.has_failed()) return;
  oracle_.finished(service_.present());
  for (std::uint64_t serial = 1; serial <= world_.messages; ++serial) {
    const lease_state s = service_.look(serial);
    if (s.in_flight && s.due > time_.now() + world_.options.visibility)
      oracle_.violated(1, fmt::format("message {} is hidden for longer than its lease", serial - 1));
  }
}

void small_run::pass_time() {
  std::vector<std::size_t> before;
  for (const auto& p : processes_)
    before.push_back(p->steps());
  time_.run_one();
  while (time_.has_ready())
    time_.run_one();
  for (std::size_t i = 0; i < processes_.size(); ++i)
    if (processes_[i]->steps() != before[i]) note(processes_[i]->number(), choice::kind::time, 0);
}

void small_run::act(const choice& c) {
  using enum choice::kind;
  switch (c.what) {
    case arrives:
    case request_lost:
    case poll_breaks:
    case answered:
    case answer_lost: {
      const std::shared_ptr<call> it = *std::next(calls_.begin(), static_cast<std::ptrdiff_t>(c.of));
      if (c.what == arrives) {
        asked_.add(it->content);
        asked_.add(it->process);
        asked_.add(moment());
        it->at = call::stage::served;
        return it->serve();
      }
      note(it->process, c.what == answered ? answered : request_lost,
           (it->number - workers_[it->process].first_call) ^ (c.what == answered ? it->answer << 8 : 0));
      if (c.what == answered) return it->complete();
      ++mishaps_;
      workers_[it->process].had_a_mishap = true;
      return it->fail(broken());
    }
    case done:
    case fails:
    case stops: {
      job_here& j = **std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(c.of));
      note(j.process, c.what, j.number - workers_[j.process].first_job);
      if (c.what == fails) ++failures_;
      j.decision = c.what == done    ? outcome::done()
                   : c.what == fails ? outcome::failed("chosen")
                                     : outcome::stopped();
      return j.decided->wake();
    }
    case signal:
      note(c.of, signal, ++signals_[c.of]);
      return find(c.of)->signal();
    case time:
      if (c.of != 0) {
        ++mishaps_;
        for (memory& m : workers_)
          m.had_a_mishap = true;
      }
      return pass_time();
  }
}

void small_run::choose(std::size_t index) {
  const choice chosen = choices_.at(index);
  act(chosen);
  come_to_rest();
  forget_the_past();
  find_choices();
}

void small_run::add_service_to(history& all) const {
  for (std::uint64_t serial = 1; serial <= world_.messages; ++serial) {
    const lease_state s = service_.look(serial);
    all.add(s.exists ? 1 + s.lease : 0);
    all.add(s.in_flight ? static_cast<std::uint64_t>((s.due - scheduler::start() + grain / 2) / grain) : 0);
  }
  for (const std::uint64_t receive : waiting_)
    all.add(receive);
  // A receive that was lost may be asked again: then it counts what was given to which.
  if (world_.fifo && mishaps_ != 0) {
    all.add(asked_.first());
    all.add(asked_.second());
  }
}

history small_run::state() const {
  history all;
  add_service_to(all);
  for (const memory& m : workers_) {
    all.add(m.is_over ? 1 : m.seen.first());
    all.add(m.is_over ? 1 : m.seen.second());
    all.add(m.had_a_mishap ? 1 : 0);
  }
  std::uint64_t calls = 0;  // whatever their order
  for (const auto& c : calls_) {
    history one;
    one.add(c->process);
    one.add(c->number - workers_[c->process].first_call);
    one.add(static_cast<std::uint64_t>(c->at));
    one.add(c->answer);
    calls += one.first();
  }
  all.add(calls);
  for (const unsigned count : signals_)
    all.add(count);
  all.add(moment());
  all.add(mishaps_);
  all.add(failures_);
  return all;
}

}  // namespace lastcall::simulation
