#include "simulation/byte_queue.hpp"
#include "simulation/byte_server.hpp"
#include "simulation/way.hpp"

#include <set>

namespace lastcall::simulation {
namespace {

class byte_way final : public way {
 public:
  byte_way(scheduler& time, lane& world, const plan& p, service& s, oracle& o)
      : plan_(p),
        faults_(p.faults.bytes),
        service_(s),
        oracle_(o),
        polls_(o),
        network_(world, p),
        server_(time, p, network_, s, polls_, o) {}

  std::unique_ptr<process_queue> queue_for(lane& of_process, std::size_t process) override {
    // The clock of a machine that is started to heal is right.
    if (!is_calm_ && processes_.insert(process).second) of_process.step_wall(faults_.clock_offset);
    return std::make_unique<byte_queue>(
        of_process, process,
        byte_queue::surroundings{network_, polls_, oracle_, faults_, is_calm_, service_.url(),
                                 plan_.seed ^ (++queues_ << 20)});
  }
  void calm() noexcept override {
    is_calm_ = true;
    network_.calm();
    server_.calm();
  }
  const fault_counts& counts() const noexcept override { return network_.counts(); }

 private:
  const plan& plan_;
  const byte_faults& faults_;
  service& service_;
  oracle& oracle_;
  poll_book polls_;
  byte_network network_;
  byte_server server_;
  std::set<std::size_t> processes_;
  std::uint64_t queues_{0};
  bool is_calm_{false};
};

}  // namespace

std::unique_ptr<way> make_byte_way(scheduler& time, lane& world, const plan& p, service& s, oracle& o) {
  return std::make_unique<byte_way>(time, world, p, s, o);
}

}  // namespace lastcall::simulation
