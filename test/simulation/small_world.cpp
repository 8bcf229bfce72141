#include "simulation/small_world.hpp"

#include "simulation/small_run.hpp"

#include <algorithm>
#include <memory>
#include <unordered_set>

namespace lastcall::simulation {

using namespace std::chrono_literals;

namespace {

class explorer {
 public:
  explorer(const small_world& w, std::size_t most_states) : world_(w), most_states_(most_states) {}

  exploration run() {
    begin({});
    for (;;) {
      if (is_new()) {
        open_.push_back({0, run_->choices().size()});
        if (run_->choices().empty()) ++found_.ends;
      }
      found_.deepest = std::max(found_.deepest, path_.size());
      if (run_->has_failed()) return failed();
      // The next choice that was not made, as near as possible.
      while (!open_.empty() && open_.back().next == open_.back().count)
        open_.pop_back();
      if (open_.empty()) break;
      if (found_.states >= most_states_) {
        found_.is_complete = false;
        break;
      }
      const std::size_t depth = open_.size() - 1;
      if (path_.size() != depth) begin({path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(depth)});
      const std::size_t chosen = open_.back().next++;
      path_.push_back(chosen);
      run_->choose(chosen);
      ++found_.transitions;
    }
    return close();
  }

 private:
  struct level {
    std::size_t next;
    std::size_t count;
  };

  void begin(std::vector<std::size_t> path) {
    if (run_) found_.steps += run_->steps();
    run_.reset();
    run_ = std::make_unique<small_run>(world_, silent_);
    for (const std::size_t choice : path)
      run_->choose(choice);
    path_ = std::move(path);
  }
  bool is_new() {
    if (!seen_.insert(run_->state()).second) return false;
    ++found_.states;
    return true;
  }
  exploration failed() {
    found_.broken_promise = run_->judge().broken_promise();
    found_.failure = run_->judge().failure();
    found_.path = path_;
    return close();
  }
  exploration close() {
    found_.steps += run_->steps();
    return found_;
  }

  const small_world& world_;
  std::size_t most_states_;
  trace silent_;
  std::unique_ptr<small_run> run_;
  std::vector<std::size_t> path_;
  std::vector<level> open_;  ///< one for each state on the way
  struct hash_of {
    std::size_t operator()(const history& h) const noexcept { return h.first(); }
  };
  std::unordered_set<history, hash_of> seen_;
  exploration found_;
};

}  // namespace

std::vector<small_world> small_worlds() {
  worker::options o;
  o.pollers = 1;
  o.wait = 20s;  // 3 s, since the grace period leaves no more
  o.visibility = 8s;
  o.grace = 6s;
  o.reserve = 2s;
  o.retry = {1s, 1s};
  std::vector<small_world> all;
  for (const bool fifo : {false, true}) {
    small_world w;
    w.fifo = fifo;
    w.options = o;
    w.options.concurrency = 2;
    w.horizon = 4s;
    const std::string queue = fifo ? "FIFO" : "standard";
    w.name = queue + ", a job that fails";
    w.failures = 1;
    all.push_back(w);
    w.name = queue + ", a second signal";
    w.failures = 0;
    w.signals = 2;
    all.push_back(w);
    w.name = queue + ", a mishap";
    w.signals = 1;
    w.mishaps = 1;
    w.options.concurrency = fifo ? 2 : 1;
    w.horizon = 3s;
    all.push_back(w);
  }
  return all;
}

exploration explore(const small_world& w, std::size_t most_states) { return explorer(w, most_states).run(); }

void replay(const small_world& w, const std::vector<std::size_t>& path, trace& t) {
  small_run run(w, t);
  for (const std::size_t choice : path)
    run.choose(choice);
}

}  // namespace lastcall::simulation
