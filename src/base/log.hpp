#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

/// The one way by which code below `app` says something to the operator: an event and its fields.
/// Nothing is formatted before a sink that wants the level exists. Safe from any thread.
namespace lastcall::log {

enum class level { debug, info, warning, error };

/// A field of an event: a name in snake_case, its unit last (`took_ms`), and its value. Never a secret.
struct field {
  std::string_view name;
  std::string value;

  field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
  field(std::string_view n, std::string_view v) : name(n), value(v) {}
  field(std::string_view n, const char* v) : name(n), value(v) {}
  field(std::string_view n, long long v) : name(n), value(std::to_string(v)) {}
  field(std::string_view n, unsigned long long v) : name(n), value(std::to_string(v)) {}
  field(std::string_view n, long v) : name(n), value(std::to_string(v)) {}
  field(std::string_view n, unsigned long v) : name(n), value(std::to_string(v)) {}
  field(std::string_view n, int v) : name(n), value(std::to_string(v)) {}
  field(std::string_view n, unsigned v) : name(n), value(std::to_string(v)) {}
};

using fields = std::initializer_list<field>;

/// Where events go. `write` may be called from any thread and must not throw.
class sink {
 public:
  virtual ~sink() = default;
  virtual void write(level, std::string_view event, fields) noexcept = 0;
};

/// Sends events of `least` and above to `to`, which must outlive every caller; nullptr silences.
void set_sink(sink* to, level least) noexcept;
/// Whether an event of this level would be written: ask before building costly fields.
bool enabled(level) noexcept;
/// Writes one event: a short sentence, the same for every occurrence, with what varies in the fields.
void write(level, std::string_view event, fields = {}) noexcept;

inline void debug(std::string_view event, fields f = {}) noexcept { write(level::debug, event, f); }
inline void info(std::string_view event, fields f = {}) noexcept { write(level::info, event, f); }
inline void warning(std::string_view event, fields f = {}) noexcept { write(level::warning, event, f); }
inline void error(std::string_view event, fields f = {}) noexcept { write(level::error, event, f); }

}  // namespace lastcall::log
