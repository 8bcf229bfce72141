#pragma once

#include "simulation/oracle.hpp"
#include "simulation/outside.hpp"

#include <set>
#include <vector>

namespace lastcall::simulation {

/// What is common to the jobs of all processes.
struct job_history {
  explicit job_history(const plan& p) : tries(p.messages.size()) {}
  std::vector<unsigned> tries;  ///< runs of each message that have come to their end
  bool is_calm{false};          ///< from here on jobs are short and succeed
};

/// The jobs of one process: each does what the plan says.
class simulated_jobs final : public process_jobs {
 public:
  simulated_jobs(lane& of_process, std::size_t process, const plan&, job_history&, oracle&);
  boost::asio::awaitable<outcome> run(job&) override;
  void cut() noexcept override;

 private:
  boost::asio::awaitable<outcome> work(const job&, const job_plan&, job_record&);
  boost::asio::awaitable<bool> pass_time(steady_time until);
  outcome result_of(std::size_t message, const job_plan&);

  lane& lane_;
  std::size_t process_;
  const plan& plan_;
  job_history& history_;
  oracle& oracle_;
  std::set<timer*> sleeping_;
  bool is_cut_{false};
};

}  // namespace lastcall::simulation
