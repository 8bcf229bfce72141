#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lastcall::broker {

/// What has changed in a queue since it was last asked, by the serials of its messages.
class queue_changes {
 public:
  enum class kind : std::uint8_t { added, changed, removed };

  /// `unsaved` gets the queue's id when there is something to tell; it must outlive this.
  queue_changes(std::uint64_t queue_id, std::uint64_t last_serial, std::vector<std::uint64_t>& unsaved)
      : told_serial(last_serial), queue_id_(queue_id), unsaved_(unsaved) {}

  void note(std::uint64_t serial, kind what) {
    list();
    const auto [at, is_first] = messages.try_emplace(serial, what);
    if (is_first || what != kind::removed) return;
    if (at->second == kind::added)
      messages.erase(at);  // it has come and gone, and nobody knows of it
    else
      at->second = kind::removed;
  }
  void note_settings() {
    list();
    settings = true;
  }
  void note_cleared() {
    list();
    cleared = true;
    messages.clear();
  }
  /// Begins anew.
  void told(std::uint64_t last_serial) {
    messages.clear();
    settings = cleared = is_listed_ = false;
    told_serial = last_serial;
  }

  std::unordered_map<std::uint64_t, kind> messages;
  bool settings{false};  ///< or tags, or anything else of the queue itself
  bool cleared{false};
  std::uint64_t told_serial;

 private:
  void list() {
    if (!is_listed_) unsaved_.push_back(queue_id_);
    is_listed_ = true;
  }

  const std::uint64_t queue_id_;
  std::vector<std::uint64_t>& unsaved_;
  bool is_listed_{false};
};

}  // namespace lastcall::broker
