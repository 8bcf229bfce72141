#include "sqs/outgoing.hpp"

namespace lastcall::sqs {

std::uint64_t size_bytes(const outgoing& m) noexcept {
  std::uint64_t sum = m.body.size();
  for (const auto& [name, attribute] : m.attributes)
    sum += name.size() + attribute.data_type.size() + attribute.value.size();
  return sum;
}

}  // namespace lastcall::sqs
