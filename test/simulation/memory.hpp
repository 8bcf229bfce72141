#pragma once

#include <cstddef>

namespace lastcall::simulation {

/// How many blocks of memory the program holds; always 0 where the sanitizers count them.
std::size_t memory_blocks_in_use() noexcept;

}  // namespace lastcall::simulation
