#pragma once

#include "base/error.hpp"
#include "sqs/queue.hpp"

namespace lastcall::worker {

/// What a failed delete, release or extension means for the message.
enum class verdict {
  again,  ///< nothing is known to have happened: worth another try
  gone    ///< the receipt handle is worth nothing any more: the message is not ours
};

/// Of a call that failed as a whole.
verdict verdict_on(const error&) noexcept;
/// Of an entry that failed within a batch.
verdict verdict_on(const sqs::batch_failure&) noexcept;

}  // namespace lastcall::worker
