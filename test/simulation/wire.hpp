#pragma once

#include "simulation/plan.hpp"
#include "simulation/scheduler.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace lastcall::simulation {

/// One attempt at a call: what the caller waits for and the world answers.
template <class Answer>
struct exchange {
  exchange(lastcall::clock& c, const boost::asio::any_io_executor& e) : done(c.make_timer(e)) {}
  void complete(result<Answer> with) {
    if (is_abandoned || answer) return;
    answer.emplace(std::move(with));
    done->wake();
  }
  std::unique_ptr<timer> done;
  std::optional<result<Answer>> answer;
  bool is_abandoned{false};
};

/// What went wrong in a run, counted.
struct fault_counts {
  std::uint64_t exchanges{}, requests_lost{}, requests_reset{}, answers_lost{}, answers_reset{}, refused{},
      in_outage{}, slow{}, ghosts{};
  std::uint64_t connections{}, unconnected{}, dribbles{}, mistimed{};  ///< where there are bytes
  fault_counts& operator+=(const fault_counts&);
};

/// The way to the service and back: it delays, loses, resets and refuses, as the plan says.
class wire {
 public:
  wire(lane& world, const plan& p) : world_(world), faults_(p.faults), dice_(p.seed ^ 0x31e9) {}

  /// Brings a request to the service: `serve(reply)` is called there, if it arrives, and `reply(answer)`
  /// brings an answer back, if that arrives.
  template <class Answer, class Serve>
  void carry(std::shared_ptr<exchange<Answer>> x, bool is_receive, Serve serve) {
    ++counts_.exchanges;
    const fate f = draw(is_receive);
    if (f == fate::request_lost) return;
    world_.at(world_.now() + latency(), [this, x, f, is_receive, serve = std::move(serve)]() mutable {
      arrive(std::move(x), f, is_receive, std::move(serve));
    });
  }
  /// Faults end: from here on everything is brought, and soon.
  void calm() noexcept { is_calm_ = true; }
  const fault_counts& counts() const noexcept { return counts_; }

 private:
  enum class fate {
    fine,
    request_lost,
    request_reset,
    answer_lost,
    answer_reset,
    throttled,
    failing,
    expired,
    over_limit
  };

  template <class Answer, class Serve>
  void arrive(std::shared_ptr<exchange<Answer>> x, fate f, bool is_receive, Serve serve) {
    if (x->is_abandoned) {  // the caller has given up: what is on its way may arrive, or not
      if (!faults_.ghosts || is_calm_) return;
      ++counts_.ghosts;
    }
    if (const std::optional<bool> answers = outage()) {
      ++counts_.in_outage;
      if (*answers) back(x, error{error_kind::service, "ServiceUnavailable", "the service is down"});
      return;
    }
    if (f == fate::request_reset) return back(x, broken());
    if (const auto refusal = refused(f)) return back(x, *refusal);
    auto reply = [this, x, f](result<Answer> answer) {
      if (f == fate::answer_lost) return;
      if (f == fate::answer_reset) return back(x, result<Answer>(broken()));
      back(x, std::move(answer));
    };
    serve(std::move(reply), x->is_abandoned);
    static_cast<void>(is_receive);
  }
  template <class Answer>
  void back(std::shared_ptr<exchange<Answer>> x, result<Answer> answer) {
    world_.at(world_.now() + latency(),
              [x, answer = std::move(answer)]() mutable { x->complete(std::move(answer)); });
  }
  template <class Answer>
  void back(std::shared_ptr<exchange<Answer>> x, error e) {
    back(std::move(x), result<Answer>(std::move(e)));
  }

  fate draw(bool is_receive);
  std::chrono::nanoseconds latency();
  std::optional<bool> outage() const;
  static error broken() { return {error_kind::network, "reset", "connection reset"}; }
  static std::optional<error> refused(fate);

  lane& world_;
  const fault_plan& faults_;
  dice dice_;
  fault_counts counts_;
  bool is_calm_{false};
};

}  // namespace lastcall::simulation
