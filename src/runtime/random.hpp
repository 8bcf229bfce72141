#pragma once

#include <cstdint>
#include <string>

namespace lastcall {

/// Where chance comes from. The simulator replaces it. Used on one strand only.
class random {
 public:
  virtual ~random() = default;
  virtual std::uint64_t next() = 0;

  /// Evenly from [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// A version 4 UUID (RFC 9562 §5.4), lower case.
  std::string uuid();
};

/// A generator (xoshiro256**) that one seed decides. Not for secrets.
class seeded_random final : public random {
 public:
  explicit seeded_random(std::uint64_t seed) noexcept;
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

/// A seed from the operating system.
std::uint64_t entropy();

}  // namespace lastcall
