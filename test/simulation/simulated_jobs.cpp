#include "simulation/simulated_jobs.hpp"

#include <stdexcept>
#include <string>

namespace lastcall::simulation {
namespace asio = boost::asio;

using namespace std::chrono_literals;

simulated_jobs::simulated_jobs(lane& of_process, std::size_t process, const plan& p, job_history& h,
                               oracle& o)
    : lane_(of_process), process_(process), plan_(p), history_(h), oracle_(o) {}

void simulated_jobs::cut() noexcept {
  is_cut_ = true;
  for (timer* t : sleeping_)
    t->wake();
}

asio::awaitable<outcome> simulated_jobs::run(job& j) {
  if (is_cut_) co_return outcome::stopped();
  const std::shared_ptr<job_record> record = oracle_.job_began(process_, j);
  const outcome o = co_await work(j, plan_.messages[record->message].job, *record);
  if (is_cut_) co_return outcome::stopped();
  oracle_.job_ended(*record, o.what);
  if (o.reason == "thrown") throw std::runtime_error("as planned");
  co_return o;
}

asio::awaitable<outcome> simulated_jobs::work(const job& j, const job_plan& p, job_record& record) {
  const auto length = history_.is_calm ? std::min<std::chrono::nanoseconds>(p.length, 100ms) : p.length;
  const steady_time until = lane_.now() + length;
  while (lane_.now() < until && !is_cut_) {
    if (co_await pass_time(until) || is_cut_) break;
    if (j.stopping() == stop_reason::none || record.noticed) continue;
    record.noticed = true;
    oracle_.job_noticed(record);
    if (p.what == job_plan::kind::finishes) continue;
    if (p.what == job_plan::kind::saves) co_await pass_time(lane_.now() + p.save);
    co_return outcome::stopped();
  }
  co_return result_of(record.message, p);
}

asio::awaitable<bool> simulated_jobs::pass_time(steady_time until) {
  const std::unique_ptr<timer> sleep = lane_.make_timer(lane_.get_executor());
  sleeping_.insert(sleep.get());
  const bool passed = co_await sleep->wait_until(until);
  sleeping_.erase(sleep.get());
  co_return passed;
}

outcome simulated_jobs::result_of(std::size_t message, const job_plan& p) {
  if (history_.is_calm || is_cut_ || history_.tries[message]++ >= p.failures) return outcome::done();
  switch (p.how) {
    case job_plan::failure::failed:
      return outcome::failed("as planned");
    case job_plan::failure::retried:
      return outcome::retry("as planned");
    case job_plan::failure::retried_after:
      return outcome::retry("as planned", 2s);
    case job_plan::failure::thrown:
      return outcome::failed("thrown");
  }
  return outcome::done();
}

}  // namespace lastcall::simulation
