#pragma once

#include <optional>
#include <string>

namespace lastcall::jobs {

/// Decides when what a command has written is worth saving. While the command runs its content must have been
/// the same at two looks in a row, so that nothing half written is kept.
class checkpoint_watch {
 public:
  /// `known` is what is kept already: what the command was given.
  explicit checkpoint_watch(std::string known) : saved_(std::move(known)), seen_(saved_) {}

  /// A look at the content; what is to be saved now. An empty file has just been truncated, or says nothing.
  std::optional<std::string> look(std::string content, bool is_last) {
    const bool is_settled = is_last || content == seen_;
    seen_ = std::move(content);
    if (!is_settled || seen_.empty() || seen_ == saved_) return std::nullopt;
    saved_ = seen_;
    return saved_;
  }

 private:
  std::string saved_;
  std::string seen_;
};

}  // namespace lastcall::jobs
