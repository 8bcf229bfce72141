// The memory functions of the C library and of C++, for the programs of the simulator alone, which have one thread. They
// take half the time of those that they replace, and count. Blocks of one size lie together in slabs, and what was freed
// last is taken first. A block that is freed twice, or is written to at its beginning after that, ends the program.

#include "simulation/memory.hpp"

#include "simulation/sanitized.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

#if LASTCALL_SANITIZED
std::size_t lastcall::simulation::memory_blocks_in_use() noexcept { return 0; }
#else
namespace lastcall::simulation {
namespace {

constexpr std::size_t slab_bytes = std::size_t{1} << 16;
constexpr std::size_t most_slabs = std::size_t{1} << 18;
constexpr std::size_t step_bytes = 16;     // between the sizes of small blocks, and how all are aligned
constexpr std::size_t small_bytes = 1024;  // from here on there are four sizes to a doubling
constexpr std::size_t largest_bytes = 32 * 1024;  // what is larger is mapped alone
constexpr std::size_t small_classes = small_bytes / step_bytes;

constexpr std::size_t class_of(std::size_t bytes) {
  if (bytes <= small_bytes) return (bytes + step_bytes - 1) / step_bytes;
  const auto doubling = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;
  return small_classes + 1 + 4 * (doubling - 10) + (((bytes - 1) >> (doubling - 2)) & 3);
}

constexpr std::size_t bytes_of(std::size_t size_class) {
  if (size_class <= small_classes) return std::max(size_class, std::size_t{1}) * step_bytes;
  const std::size_t larger = size_class - small_classes - 1;
  return (small_bytes << (larger / 4)) / 4 * (5 + larger % 4);
}

constexpr std::size_t classes = class_of(largest_bytes) + 1;
static_assert(bytes_of(class_of(small_bytes + 1)) == 1280 && bytes_of(classes - 1) == largest_bytes);

constexpr std::uint64_t freed_mark = 0xf4eeb10cf4eeb10c;

struct free_block {
  free_block* next;
  std::uint64_t mark;
};

/// What lies before a block that is mapped alone.
struct header {
  void* mapping;
  std::size_t mapped_bytes;
  std::size_t bytes;
  std::size_t padding;
};

free_block* freed[classes];
/// Of the newest slab of each size, what has never been taken.
struct {
  char* begin;
  char* end;
} fresh[classes];
/// Where all slabs lie, one after the other, and room for those that are not used yet.
char* first_slab;
std::size_t slabs;
std::uint8_t class_of_slab[most_slabs];
std::size_t blocks_in_use;

[[noreturn, gnu::cold]] void broken(const char* what) {
  static_cast<void>(write(2, what, std::strlen(what)));
  std::abort();
}

void* map(std::size_t bytes) {
  void* const p =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) broken("no memory is left\n");
  return p;
}

/// The slab of a block; none there is if it is mapped alone.
std::size_t slab_of(const void* p) {
  return static_cast<std::size_t>(static_cast<const char*>(p) - first_slab) / slab_bytes;
}
bool is_alone(const void* p) { return slab_of(p) >= slabs; }
header& header_of(void* p) { return static_cast<header*>(p)[-1]; }
std::size_t bytes_at(void* p) {
  return is_alone(p) ? header_of(p).bytes : bytes_of(class_of_slab[slab_of(p)]);
}

[[gnu::noinline]] void* take_alone(std::size_t alignment, std::size_t bytes) {
  ++blocks_in_use;
  const std::size_t mapped_bytes = bytes + alignment + sizeof(header);
  void* const mapping = map(mapped_bytes);
  void* p = static_cast<char*>(mapping) + sizeof(header);
  std::size_t room_bytes = mapped_bytes - sizeof(header);
  std::align(alignment, bytes, p, room_bytes);
  header_of(p) = {mapping, mapped_bytes, bytes, 0};
  return p;
}

[[gnu::noinline]] void give_back_alone(void* p) {
  const header h = header_of(p);
  munmap(h.mapping, h.mapped_bytes);
}

[[gnu::noinline]] void* take_fresh(std::size_t size_class) {
  auto& [begin, end] = fresh[size_class];
  const std::size_t block_bytes = bytes_of(size_class);
  if (static_cast<std::size_t>(end - begin) < block_bytes) {
    if (first_slab == nullptr) first_slab = static_cast<char*>(map(slab_bytes * most_slabs));
    if (slabs == most_slabs) broken("no memory is left\n");
    begin = first_slab + slabs * slab_bytes;
    end = begin + slab_bytes;
    class_of_slab[slabs++] = static_cast<std::uint8_t>(size_class);
  }
  return std::exchange(begin, begin + block_bytes);
}

inline void* take(std::size_t bytes) {
  if (bytes > largest_bytes) return take_alone(step_bytes, bytes);
  ++blocks_in_use;
  const std::size_t size_class = class_of(bytes);
  free_block* const block = freed[size_class];
  if (block == nullptr) return take_fresh(size_class);
  if (block->mark != freed_mark) broken("memory was written to after it was freed\n");
  freed[size_class] = block->next;
  block->mark = 0;
  return block;
}

void* take_aligned(std::size_t alignment, std::size_t bytes) {
  return alignment <= step_bytes ? take(bytes) : take_alone(alignment, bytes);
}

inline void give_back(void* p) {
  if (p == nullptr) return;
  --blocks_in_use;
  if (is_alone(p)) return give_back_alone(p);
  auto* const block = static_cast<free_block*>(p);
  if (block->mark == freed_mark) broken("memory was freed twice\n");
  block->mark = freed_mark;
  block->next = std::exchange(freed[class_of_slab[slab_of(p)]], block);
}

}  // namespace

std::size_t memory_blocks_in_use() noexcept { return blocks_in_use; }

}  // namespace lastcall::simulation

// The program's own definitions come before those of the libraries, for every caller.
using namespace lastcall::simulation;

extern "C" {
void* malloc(std::size_t bytes) noexcept { return take(bytes); }
void free(void* p) noexcept { give_back(p); }
void* calloc(std::size_t count, std::size_t bytes_each) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, bytes_each, &bytes)) return nullptr;
  return std::memset(take(bytes), 0, bytes);
}
void* realloc(void* p, std::size_t bytes) noexcept {
  void* const to = take(bytes);
  if (p != nullptr) std::memcpy(to, p, std::min(bytes_at(p), bytes));
  give_back(p);
  return to;
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return take_aligned(alignment, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept { return take_aligned(alignment, bytes); }
int posix_memalign(void** p, std::size_t alignment, std::size_t bytes) noexcept {
  *p = take_aligned(alignment, bytes);
  return 0;
}
std::size_t malloc_usable_size(void* p) noexcept { return p == nullptr ? 0 : bytes_at(p); }
}

void* operator new(std::size_t bytes) { return take(bytes); }
void operator delete(void* p) noexcept { give_back(p); }
void operator delete(void* p, std::size_t) noexcept { give_back(p); }
#endif
