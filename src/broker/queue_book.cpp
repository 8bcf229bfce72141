#include "broker/queue_book.hpp"

#include "broker/packed.hpp"
#include "broker/queue_settings.hpp"

#include <array>
#include <utility>

namespace lastcall::broker {
namespace {

constexpr std::int64_t application = 0x6C637173;  // "lcqs", in the file's header
constexpr std::int64_t version = 1;
constexpr int busy_ms = 1000;  // a server that is just ending
constexpr std::chrono::minutes between_cleanings{1};

/// Queue and serial in one key, so that messages lie by queue and in order: 40 bits count a queue's messages.
constexpr unsigned serial_bits = 40;
constexpr std::uint64_t serial_limit = 1ULL << serial_bits;
constexpr std::uint64_t queue_limit = 1ULL << (63 - serial_bits);

constexpr const char* schema = R"(
CREATE TABLE counter (last_queue_id INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
CREATE TABLE queue (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
  attributes BLOB NOT NULL, tags BLOB NOT NULL,     -- packed: name, value, name, value, …
  created_ns INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  purged_ns INTEGER NOT NULL,                       -- 0: never
  last_serial INTEGER NOT NULL
);
CREATE TABLE deleted_queue (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, at_ns INTEGER NOT NULL,
  PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE message (                              -- as it was when it came
  key INTEGER PRIMARY KEY,                          -- queue << 40 | serial
  id TEXT NOT NULL, body TEXT NOT NULL, md5 TEXT NOT NULL, sender TEXT NOT NULL, message_group TEXT NOT NULL,
  attributes BLOB NOT NULL,                         -- packed: name, type, value, …
  trace TEXT NOT NULL, deduplication TEXT NOT NULL, dead_letter_source TEXT NOT NULL,
  sent_ns INTEGER NOT NULL, enqueued_ns INTEGER NOT NULL,
  state INTEGER NOT NULL, place INTEGER NOT NULL, due_ns INTEGER NOT NULL, leased_ns INTEGER NOT NULL,
  first_received_ns INTEGER NOT NULL, receive_count INTEGER NOT NULL, lease INTEGER NOT NULL,
  visibility_changed INTEGER NOT NULL
);
CREATE TABLE message_state (                        -- as it is, where that has changed
  key INTEGER PRIMARY KEY,
  state INTEGER NOT NULL, place INTEGER NOT NULL, due_ns INTEGER NOT NULL, leased_ns INTEGER NOT NULL,
  first_received_ns INTEGER NOT NULL, receive_count INTEGER NOT NULL, lease INTEGER NOT NULL,
  visibility_changed INTEGER NOT NULL
);
CREATE TABLE acceptance (
  queue INTEGER NOT NULL, key BLOB NOT NULL, message_id TEXT NOT NULL, serial INTEGER NOT NULL,
  forgotten_ns INTEGER NOT NULL,
  PRIMARY KEY (queue, key)
) WITHOUT ROWID;
CREATE TABLE attempt (
  queue INTEGER NOT NULL, id TEXT NOT NULL, messages BLOB NOT NULL,  -- packed: serial, lease, …
  forgotten_ns INTEGER NOT NULL,
  PRIMARY KEY (queue, id)
) WITHOUT ROWID;
CREATE TABLE move_task (
  source INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, source_arn TEXT NOT NULL,
  destination_arn TEXT NOT NULL, per_second INTEGER NOT NULL,  -- 0: none
  started_ns INTEGER NOT NULL, to_move INTEGER NOT NULL, moved INTEGER NOT NULL, state INTEGER NOT NULL,
  failure TEXT NOT NULL,
  PRIMARY KEY (source, position)
) WITHOUT ROWID;
PRAGMA application_id = 0x6C637173;
PRAGMA user_version = 1;
)";

std::int64_t number(std::uint64_t n) noexcept { return static_cast<std::int64_t>(n); }

std::int64_t to_ns(wall_time t) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}
wall_time from_ns(std::int64_t ns) noexcept {
  return wall_time(std::chrono::duration_cast<wall_time::duration>(std::chrono::nanoseconds(ns)));
}

std::int64_t key_of(std::uint64_t queue_id, std::uint64_t serial) noexcept {
  return number(queue_id << serial_bits | serial);
}

error damaged(const char* what) {
  return {error_kind::io, "", std::string("it is damaged: ") + what + " can't be read"};
}

std::string packed(const text_map& map) {
  std::string out;
  for (const auto& [name, value] : map) {
    append_packed(out, name);
    append_packed(out, value);
  }
  return out;
}

std::optional<text_map> unpacked_map(std::string_view packed) {
  const auto texts = unpack(packed);
  if (!texts || texts->size() % 2 != 0) return std::nullopt;
  text_map map;
  for (std::size_t i = 0; i < texts->size(); i += 2)
    map.emplace((*texts)[i], (*texts)[i + 1]);
  return map;
}

std::string packed(const message_attributes& attributes) {
  std::string out;
  for (const auto& [name, attribute] : attributes) {
    append_packed(out, name);
    append_packed(out, attribute.data_type);
    append_packed(out, attribute.value);
  }
  return out;
}

std::optional<message_attributes> unpacked_attributes(std::string_view packed) {
  const auto texts = unpack(packed);
  if (!texts || texts->size() % 3 != 0) return std::nullopt;
  message_attributes attributes;
  for (std::size_t i = 0; i < texts->size(); i += 3)
    attributes.emplace((*texts)[i],
                       message_attribute{std::string((*texts)[i + 1]), std::string((*texts)[i + 2])});
  return attributes;
}

std::string packed(const std::vector<saved_attempt::given>& messages) {
  std::string out;
  for (const auto& [serial, lease] : messages) {
    append_packed(out, std::to_string(serial));
    append_packed(out, std::to_string(lease));
  }
  return out;
}

std::optional<std::vector<saved_attempt::given>> unpacked_given(std::string_view packed) {
  const auto texts = unpack(packed);
  if (!texts || texts->size() % 2 != 0) return std::nullopt;
  std::vector<saved_attempt::given> messages;
  for (std::size_t i = 0; i < texts->size(); i += 2)
    messages.push_back(
        {std::strtoull(std::string((*texts)[i]).c_str(), nullptr, 10),
         static_cast<std::uint32_t>(std::strtoul(std::string((*texts)[i + 1]).c_str(), nullptr, 10))});
  return messages;
}

/// Binds the columns of a state, beginning at `first`.
void bind(sqlite::statement& s, int first, const saved_state& state) {
  s.bind(first, static_cast<std::int64_t>(state.where)).bind(first + 1, number(state.place));
  s.bind(first + 2, to_ns(state.due)).bind(first + 3, to_ns(state.leased_at));
  s.bind(first + 4, to_ns(state.first_received_at));
  s.bind(first + 5, static_cast<std::int64_t>(state.receive_count));
  s.bind(first + 6, static_cast<std::int64_t>(state.lease));
  s.bind(first + 7, static_cast<std::int64_t>(state.visibility_changed));
}

saved_state read_state(const sqlite::statement& s, std::int64_t key, int first) {
  saved_state state;
  state.queue_id = static_cast<std::uint64_t>(key) >> serial_bits;
  state.serial = static_cast<std::uint64_t>(key) & (serial_limit - 1);
  state.where = static_cast<stored_message::state>(s.number(first));
  state.place = static_cast<std::uint64_t>(s.number(first + 1));
  state.due = from_ns(s.number(first + 2));
  state.leased_at = from_ns(s.number(first + 3));
  state.first_received_at = from_ns(s.number(first + 4));
  state.receive_count = static_cast<std::uint32_t>(s.number(first + 5));
  state.lease = static_cast<std::uint32_t>(s.number(first + 6));
  state.visibility_changed = s.number(first + 7) != 0;
  return state;
}

/// Calls `row` for each row of a query; it answers false where the row makes no sense.
template <class Row>
result<void> each_row(sqlite::database& database, const char* sql, const char* what, Row row) {
  auto query = database.prepare(sql);
  if (!query) return query.error();
  for (;;) {
    const auto found = query->step();
    if (!found) return found.error();
    if (!*found) return {};
    if (!row(*query)) return damaged(what);
  }
}

}  // namespace

result<std::unique_ptr<queue_book>> queue_book::open(const std::string& path) {
  auto database = sqlite::database::open(path, busy_ms);
  if (!database) {
    error e = database.error();
    e.message = "the data file '" + path + "' can't be opened: " + e.message +
                "; its folder must exist, and both must be writable";
    return e;
  }
  std::unique_ptr<queue_book> book(new queue_book(std::move(*database), path));
  if (auto ok = book->set_up(); !ok) return book->about(ok.error());
  if (auto ok = book->prepare(); !ok) return book->about(ok.error());
  return book;
}

error queue_book::about(error e) const {
  e.message = "the data file '" + path_ + "' can't be used: " + e.message;
  switch (sqlite::trouble_of(e)) {
    case sqlite::trouble::locked:
      e.message += "; another server has it open: give each server a file of its own";
      break;
    case sqlite::trouble::damaged:
      e.message += "; put it aside and start with a new file, or with a copy from before";
      break;
    case sqlite::trouble::full:
      e.message += "; make room on the disk";
      break;
    case sqlite::trouble::other:
      break;
  }
  return e;
}

result<void> queue_book::set_up() {
  // Locked for as long as it is open: two servers on one file would each know half of its queues.
  static constexpr const char* pragmas =
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
      "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000";
  if (auto ok = database_.execute(pragmas); !ok) return ok;
  if (auto ok = database_.execute("BEGIN IMMEDIATE"); !ok) return ok;
  if (auto ok = check_version(); !ok) {
    static_cast<void>(database_.execute("ROLLBACK"));
    return ok;
  }
  return database_.execute("COMMIT");
}

result<void> queue_book::check_version() {
  const auto found = database_.number("PRAGMA user_version");
  const auto made_by = database_.number("PRAGMA application_id");
  const auto tables = database_.number("SELECT count(*) FROM sqlite_schema");
  if (!found || !made_by || !tables) return (!found ? found : !made_by ? made_by : tables).error();
  if (*tables == 0) return database_.execute(schema);
  if (*made_by != application) return error{error_kind::io, "", "it is a SQLite file of another program"};
  if (*found != version)
    return error{error_kind::io, "",
                 "it is of version " + std::to_string(*found) + ", and this program knows version " +
                     std::to_string(version)};
  return {};
}

result<void> queue_book::prepare() {
  static constexpr const char* upsert_state =
      "INSERT OR REPLACE INTO message_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
  const std::pair<sqlite::statement*, const char*> statements[] = {
      {&set_counter_, "UPDATE counter SET last_queue_id = ?1 WHERE last_queue_id < ?1"},
      {&add_queue_, "INSERT OR REPLACE INTO queue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&drop_queue_, "DELETE FROM queue WHERE id = ?1"},
      {&set_serial_, "UPDATE queue SET last_serial = ?2 WHERE id = ?1"},
      {&add_deletion_, "INSERT OR REPLACE INTO deleted_queue VALUES (?1, ?2, ?3, ?4)"},
      {&forget_deletions_, "DELETE FROM deleted_queue WHERE at_ns <= ?1"},
      {&add_message_,
       "INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
       "?18, ?19, ?20)"},
      {&set_state_, upsert_state},
      {&drop_message_, "DELETE FROM message WHERE key = ?1"},
      {&drop_state_, "DELETE FROM message_state WHERE key = ?1"},
      {&drop_messages_, "DELETE FROM message WHERE key BETWEEN ?1 AND ?2"},
      {&drop_states_, "DELETE FROM message_state WHERE key BETWEEN ?1 AND ?2"},
      {&add_acceptance_, "INSERT OR REPLACE INTO acceptance VALUES (?1, ?2, ?3, ?4, ?5)"},
      {&drop_acceptances_, "DELETE FROM acceptance WHERE queue = ?1"},
      {&forget_acceptances_, "DELETE FROM acceptance WHERE forgotten_ns <= ?1"},
      {&add_attempt_, "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4)"},
      {&drop_attempts_, "DELETE FROM attempt WHERE queue = ?1"},
      {&forget_attempts_, "DELETE FROM attempt WHERE forgotten_ns <= ?1"},
      {&add_task_, "INSERT INTO move_task VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&drop_tasks_, "DELETE FROM move_task WHERE source = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    auto made = database_.prepare(sql);
    if (!made) return made.error();
    *statement = std::move(*made);
  }
  return {};
}

result<void> queue_book::limit_pages(std::uint32_t pages) {
  return database_.execute(("PRAGMA max_page_count = " + std::to_string(pages)).c_str());
}

result<void> queue_book::write(const change_set& changes, wall_time now) {
  result<void> done = database_.execute("BEGIN IMMEDIATE");
  if (done) done = apply(changes, now);
  if (done) done = database_.execute("COMMIT");
  if (done) return done;
  // SQLite itself has rolled back after some errors; then this one fails, and nothing is to be done about it.
  static_cast<void>(database_.execute("ROLLBACK"));
  return about(done.error());
}

result<void> queue_book::apply(const change_set& changes, wall_time now) {
  if (changes.is_reset)
    if (auto ok = database_.execute("DELETE FROM queue; DELETE FROM deleted_queue; DELETE FROM message; "
                                    "DELETE FROM message_state; DELETE FROM acceptance; "
                                    "DELETE FROM attempt; DELETE FROM move_task");
        !ok)
      return ok;
  if (auto ok = apply_to_queues(changes); !ok) return ok;
  if (auto ok = apply_to_messages(changes); !ok) return ok;
  return apply_to_memories(changes, now);
}

result<void> queue_book::apply_to_queues(const change_set& changes) {
  if (changes.last_queue_id >= queue_limit)
    return error{error_kind::io, "", "too many queues have been made in it; begin a new file"};
  if (auto ok = set_counter_.reset().bind(1, number(changes.last_queue_id)).run(); !ok) return ok;
  for (const saved_deletion& gone : changes.deleted) {
    if (auto ok = drop_contents(gone.queue_id); !ok) return ok;
    if (auto ok = drop_tasks_.reset().bind(1, number(gone.queue_id)).run(); !ok) return ok;
    if (auto ok = drop_queue_.reset().bind(1, number(gone.queue_id)).run(); !ok) return ok;
    const queue_address& a = gone.address;
    add_deletion_.reset().bind(1, a.account).bind(2, a.region).bind(3, a.name).bind(4, to_ns(gone.when));
    if (auto ok = add_deletion_.run(); !ok) return ok;
  }
  for (const saved_queue& q : changes.queues)
    if (auto ok = write(q); !ok) return ok;
  for (const std::uint64_t id : changes.cleared)
    if (auto ok = drop_contents(id); !ok) return ok;
  for (const auto& [queue_id, serial] : changes.last_serials)
    if (auto ok = set_serial_.reset().bind(1, number(queue_id)).bind(2, number(serial)).run(); !ok) return ok;
  return {};
}

result<void> queue_book::drop_contents(std::uint64_t queue_id) {
  for (sqlite::statement* drop : {&drop_messages_, &drop_states_}) {
    drop->reset().bind(1, key_of(queue_id, 0)).bind(2, key_of(queue_id, serial_limit - 1));
    if (auto ok = drop->run(); !ok) return ok;
  }
  for (sqlite::statement* drop : {&drop_acceptances_, &drop_attempts_})
    if (auto ok = drop->reset().bind(1, number(queue_id)).run(); !ok) return ok;
  return {};
}

result<void> queue_book::apply_to_messages(const change_set& changes) {
  for (const saved_message& m : changes.added)
    if (auto ok = write(m); !ok) return ok;
  for (const saved_state& s : changes.changed)
    if (auto ok = write(s); !ok) return ok;
  for (const auto& [queue_id, serial] : changes.removed)
    for (sqlite::statement* drop : {&drop_message_, &drop_state_})
      if (auto ok = drop->reset().bind(1, key_of(queue_id, serial)).run(); !ok) return ok;
  return {};
}

result<void> queue_book::apply_to_memories(const change_set& changes, wall_time now) {
  for (const saved_acceptance& a : changes.accepted) {
    add_acceptance_.reset().bind(1, number(a.queue_id)).bind_blob(2, a.key).bind(3, a.message_id);
    if (auto ok = add_acceptance_.bind(4, number(a.serial)).bind(5, to_ns(a.forgotten)).run(); !ok) return ok;
  }
  for (const saved_attempt& a : changes.attempts) {
    const std::string messages = packed(a.messages);
    add_attempt_.reset().bind(1, number(a.queue_id)).bind(2, a.id).bind_blob(3, messages);
    if (auto ok = add_attempt_.bind(4, to_ns(a.forgotten)).run(); !ok) return ok;
  }
  for (const auto& [source, tasks] : changes.tasks) {
    if (auto ok = drop_tasks_.reset().bind(1, number(source)).run(); !ok) return ok;
    for (const saved_task& t : tasks)
      if (auto ok = write(t); !ok) return ok;
  }
  if (now < next_cleaning_) return {};
  for (sqlite::statement* forget : {&forget_acceptances_, &forget_attempts_})
    if (auto ok = forget->reset().bind(1, to_ns(now)).run(); !ok) return ok;
  if (auto ok = forget_deletions_.reset().bind(1, to_ns(now - std::chrono::minutes(1))).run(); !ok) return ok;
  next_cleaning_ = now + between_cleanings;
  return {};
}

result<void> queue_book::write(const saved_queue& q) {
  const std::string attributes = packed(q.attributes);
  const std::string tags = packed(q.tags);
  add_queue_.reset().bind(1, number(q.id));
  add_queue_.bind(2, q.address.account).bind(3, q.address.region).bind(4, q.address.name);
  add_queue_.bind_blob(5, attributes).bind_blob(6, tags);
  add_queue_.bind(7, to_ns(q.created)).bind(8, to_ns(q.modified));
  add_queue_.bind(9, q.purged ? to_ns(*q.purged) : 0).bind(10, number(q.last_serial));
  return add_queue_.run();
}

result<void> queue_book::write(const saved_message& m) {
  if (m.state.serial >= serial_limit)
    return error{error_kind::io, "", "a queue has had too many messages in it; make a new queue"};
  const std::string attributes = packed(m.extras.attributes);
  add_message_.reset().bind(1, key_of(m.state.queue_id, m.state.serial)).bind(2, m.id).bind(3, m.body);
  add_message_.bind(4, m.md5_of_body).bind(5, m.sender_id).bind(6, m.group_id).bind_blob(7, attributes);
  add_message_.bind(8, m.extras.trace_header).bind(9, m.extras.deduplication_id);
  add_message_.bind(10, m.extras.dead_letter_source_arn);
  add_message_.bind(11, to_ns(m.sent_at)).bind(12, to_ns(m.enqueued));
  bind(add_message_, 13, m.state);
  return add_message_.run();
}

result<void> queue_book::write(const saved_state& s) {
  set_state_.reset().bind(1, key_of(s.queue_id, s.serial));
  bind(set_state_, 2, s);
  return set_state_.run();
}

result<void> queue_book::write(const saved_task& t) {
  add_task_.reset().bind(1, number(t.source)).bind(2, t.position).bind(3, t.id).bind(4, t.source_arn);
  add_task_.bind(5, t.destination_arn).bind(6, t.per_second.value_or(0)).bind(7, to_ns(t.started));
  add_task_.bind(8, t.to_move).bind(9, t.moved).bind(10, static_cast<std::int64_t>(t.state));
  return add_task_.bind(11, t.failure).run();
}

result<void> queue_book::read(const reader& each) {
  if (auto ok = read_queues(each); !ok) return about(ok.error());
  if (auto ok = read_messages(each); !ok) return about(ok.error());
  if (auto ok = read_memories(each); !ok) return about(ok.error());
  return {};
}

result<void> queue_book::read_queues(const reader& each) {
  const auto last_id = database_.number("SELECT last_queue_id FROM counter");
  if (!last_id) return last_id.error();
  each(saved_counter{static_cast<std::uint64_t>(*last_id)});
  auto ok = each_row(database_, "SELECT * FROM queue ORDER BY id", "a queue", [&](const auto& row) {
    auto attributes = unpacked_map(row.text(4));
    auto tags = unpacked_map(row.text(5));
    if (!attributes || !tags || settings_for_new_queue(*attributes).has_error()) return false;
    saved_queue q{static_cast<std::uint64_t>(row.number(0)),
                  {row.text(1), row.text(2), row.text(3)},
                  std::move(*attributes),
                  std::move(*tags),
                  from_ns(row.number(6)),
                  from_ns(row.number(7)),
                  std::nullopt,
                  static_cast<std::uint64_t>(row.number(9))};
    if (row.number(8) != 0) q.purged = from_ns(row.number(8));
    each(std::move(q));
    return true;
  });
  if (!ok) return ok;
  return each_row(database_, "SELECT * FROM deleted_queue", "a deleted queue", [&](const auto& row) {
    each(saved_deletion{0, {row.text(0), row.text(1), row.text(2)}, from_ns(row.number(3))});
    return true;
  });
}

result<void> queue_book::read_messages(const reader& each) {
  static constexpr const char* sql =
      "SELECT message.key, id, body, md5, sender, message_group, attributes, trace, deduplication, "
      "dead_letter_source, sent_ns, enqueued_ns, ifnull(s.state, message.state), "
      "ifnull(s.place, message.place), ifnull(s.due_ns, message.due_ns), "
      "ifnull(s.leased_ns, message.leased_ns), ifnull(s.first_received_ns, message.first_received_ns), "
      "ifnull(s.receive_count, message.receive_count), ifnull(s.lease, message.lease), "
      "ifnull(s.visibility_changed, message.visibility_changed) "
      "FROM message LEFT JOIN message_state AS s ON s.key = message.key ORDER BY message.key";
  return each_row(database_, sql, "a message", [&](const auto& row) {
    auto attributes = unpacked_attributes(row.text(6));
    const std::int64_t where = row.number(12);
    if (!attributes || where < 0 || where > static_cast<std::int64_t>(stored_message::state::in_flight))
      return false;
    saved_message m;
    m.state = read_state(row, row.number(0), 12);
    m.id = row.text(1);
    m.body = row.text(2);
    m.md5_of_body = row.text(3);
    m.sender_id = row.text(4);
    m.group_id = row.text(5);
    m.extras = {std::move(*attributes), row.text(7), row.text(8), row.text(9)};
    m.sent_at = from_ns(row.number(10));
    m.enqueued = from_ns(row.number(11));
    each(std::move(m));
    return true;
  });
}

result<void> queue_book::read_memories(const reader& each) {
  auto ok =
      each_row(database_, "SELECT * FROM acceptance ORDER BY forgotten_ns", "a deduplication id",
               [&](const auto& row) {
                 each(saved_acceptance{static_cast<std::uint64_t>(row.number(0)), row.text(1), row.text(2),
                                       static_cast<std::uint64_t>(row.number(3)), from_ns(row.number(4))});
                 return true;
               });
  if (!ok) return ok;
  ok = each_row(database_, "SELECT * FROM attempt ORDER BY forgotten_ns", "a receive attempt",
                [&](const auto& row) {
                  auto given = unpacked_given(row.text(2));
                  if (!given) return false;
                  each(saved_attempt{static_cast<std::uint64_t>(row.number(0)), row.text(1),
                                     std::move(*given), from_ns(row.number(3))});
                  return true;
                });
  if (!ok) return ok;
  return each_row(database_, "SELECT * FROM move_task ORDER BY source, position", "a move task",
                  [&](const auto& row) {
                    saved_task t{static_cast<std::uint64_t>(row.number(0)),
                                 row.number(1),
                                 row.text(2),
                                 row.text(3),
                                 row.text(4),
                                 std::nullopt,
                                 from_ns(row.number(6)),
                                 row.number(7),
                                 row.number(8),
                                 static_cast<int>(row.number(9)),
                                 row.text(10)};
                    if (row.number(5) != 0) t.per_second = row.number(5);
                    each(std::move(t));
                    return true;
                  });
}

}  // namespace lastcall::broker
