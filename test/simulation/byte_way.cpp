#include "simulation/way.hpp"

#include <cstdlib>

namespace lastcall::simulation {
std::unique_ptr<way> make_byte_way(lane&, const plan&, service&, oracle&) { std::abort(); }
}  // namespace lastcall::simulation
