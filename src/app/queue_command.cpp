#include "app/connection.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/peek.hpp"
#include "app/program.hpp"
#include "app/queue_check.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds patience{10};

steady_time deadline() { return real_clock().now() + patience; }

struct queue_command_settings {
  connection_settings connection;
  queue_settings queue;
  std::string prefix;
  // create
  std::chrono::seconds visibility{30};
  std::string dead_letter_queue;
  unsigned max_receives{5};
  std::vector<std::string> attributes;
  // stats
  bool json{false};
  // peek
  unsigned count{10};
  // redrive
  std::string destination;
};

/// What each of the commands does, once connected.
struct task {
  const queue_command_settings& settings;
  const aws::session& session;
  sqs::client& client;
  output& err;
  std::string& answer;  ///< what goes to standard output

  void print(const std::string& line) const { answer.append(line).append("\n"); }
};

/// What one of the words does. `check` throws `refusal` before anything is asked of anyone.
struct task_plan {
  void (*check)(const queue_command_settings&);
  asio::awaitable<void> (*body)(task);
};

int run_task(const queue_command_settings& s, console& c, const environment& env, task_plan plan) {
  plan.check(s);
  const aws::session session = resolve(s.connection, s.queue, env);
  std::string answer;
  {
    foreground loop;
    connection connected(loop.executor(), session);
    loop.run(plan.body({s, session, connected.sqs(), c.err, answer}));
    if (loop.signal() != 0) return exit_signal_base + loop.signal();
  }
  c.answer(answer);
  return exit_ok;
}

/// The service's words name the operation and the endpoint.
[[noreturn]] void refuse(const std::string& what, const error& why) {
  throw refusal(exit_unavailable, "can't " + what + ": " + why.message);
}

asio::awaitable<void> list(task t) {
  std::string prefix = t.settings.prefix;
  const auto urls = co_await t.client.list_queues(std::move(prefix), deadline());
  if (!urls) refuse("list the queues", urls.error());
  for (const std::string& url : *urls)
    t.print(url);
}

/// Creates the queue, or answers the URL of the one that exists with the same attributes.
asio::awaitable<std::string> create_one(const task& t, std::string name, sqs::attribute_map attributes) {
  if (name.ends_with(".fifo")) attributes["FifoQueue"] = "true";
  std::string given = name;
  auto url = co_await t.client.create_queue(std::move(given), std::move(attributes), deadline());
  if (!url) refuse("create the queue '" + name + "'", url.error());
  co_return std::move(*url);
}

void check_nothing(const queue_command_settings&) {}
void check_queue(const queue_command_settings& s) { s.queue.require(); }

void check_creation(const queue_command_settings& s) {
  if (s.queue.name.empty()) throw refusal(exit_usage, "say which queue to create: --queue NAME");
  // Found out later, it would leave a dead-letter queue that nobody can use.
  const bool is_fifo = s.queue.name.ends_with(".fifo");
  if (!s.dead_letter_queue.empty() && s.dead_letter_queue.ends_with(".fifo") != is_fifo)
    throw refusal(exit_usage,
                  is_fifo ? "--dead-letter-queue: that of a FIFO queue is one too: end its name in .fifo"
                          : "--dead-letter-queue: that of a standard queue is no FIFO queue: its name "
                            "must not end in .fifo");
  for (const std::string& attribute : s.attributes)
    if (const std::size_t equals = attribute.find('='); equals == 0 || equals == std::string::npos)
      throw refusal(exit_usage, "--attribute: write NAME=VALUE, such as DelaySeconds=5");
}

sqs::attribute_map attributes_to_create(const queue_command_settings& s) {
  sqs::attribute_map all{{"VisibilityTimeout", std::to_string(s.visibility.count())}};
  for (const std::string& attribute : s.attributes) {
    const std::size_t equals = attribute.find('=');
    all[attribute.substr(0, equals)] = attribute.substr(equals + 1);
  }
  return all;
}

asio::awaitable<void> create(task t) {
  sqs::attribute_map attributes = attributes_to_create(t.settings);
  if (!t.settings.dead_letter_queue.empty()) {
    std::string dead_name = t.settings.dead_letter_queue;
    sqs::attribute_map none;
    std::string dead_url = co_await create_one(t, std::move(dead_name), std::move(none));
    std::vector<std::string> wanted{"QueueArn"};
    auto known = co_await t.client.queue_attributes(std::move(dead_url), std::move(wanted), deadline());
    if (!known) refuse("ask for the dead-letter queue's ARN", known.error());
    attributes["RedrivePolicy"] = nlohmann::json{
        {"deadLetterTargetArn", (*known)["QueueArn"]},
        {"maxReceiveCount",
         t.settings.max_receives}}.dump();
  }
  std::string name = t.settings.queue.name;
  const std::string url = co_await create_one(t, std::move(name), std::move(attributes));
  t.print(url);
}

asio::awaitable<void> find(const task& t, found_queue& queue) {
  co_await find_queue(t.client, t.session, t.settings.connection, t.settings.queue, queue);
}

asio::awaitable<void> stats(task t) {
  found_queue queue;
  co_await find(t, queue);
  const auto value = [&](const char* name) {
    const auto found = queue.attributes.find(name);
    return found == queue.attributes.end() ? std::string() : found->second;
  };
  const std::pair<const char*, std::string> shown[] = {
      {"visible", value("ApproximateNumberOfMessages")},
      {"in_flight", value("ApproximateNumberOfMessagesNotVisible")},
      {"delayed", value("ApproximateNumberOfMessagesDelayed")},
      {"visibility_timeout_s", value("VisibilityTimeout")},
      {"redrive_policy", value("RedrivePolicy")},
      {"arn", value("QueueArn")},
      {"url", queue.url}};
  if (!t.settings.json) {
    for (const auto& [name, text] : shown)
      t.print(std::string(name) + std::string(22 - std::string_view(name).size(), ' ') +
              (text.empty() ? "-" : text));
    co_return;
  }
  nlohmann::ordered_json json;
  for (const auto& [name, text] : shown) {
    // Counts are numbers, and the policy is JSON already; the rest is text.
    const auto read = nlohmann::ordered_json::parse(text, nullptr, false);
    json[name] = read.is_number() || read.is_object() ? read : nlohmann::ordered_json(text);
  }
  t.print(json.dump());
}

asio::awaitable<void> peek(task t) {
  found_queue queue;
  co_await find(t, queue);
  std::string url = queue.url;
  const auto messages = co_await peek_at(t.client, std::move(url), t.settings.count);
  if (!messages) refuse("peek into the queue", messages.error());
  for (const message& m : *messages)
    t.print(message_json(m));
}

asio::awaitable<void> purge(task t) {
  found_queue queue;
  co_await find(t, queue);
  std::string url = queue.url;
  const auto purged = co_await t.client.purge(std::move(url), deadline());
  if (!purged) refuse("purge the queue", purged.error());
  t.err.line("lastcall: '" + t.settings.queue.shown() +
             "' is being purged; SQS takes up to 60 seconds for it");
}

asio::awaitable<std::string> arn_of(const task& t, const std::string& name) {
  const queue_settings wanted{.name = name, .url = {}};
  found_queue queue;
  co_await find_queue(t.client, t.session, t.settings.connection, wanted, queue);
  co_return queue.attributes["QueueArn"];
}

asio::awaitable<void> redrive(task t) {
  found_queue dead;
  co_await find(t, dead);
  std::string source = dead.attributes["QueueArn"];
  std::string destination;
  if (!t.settings.destination.empty()) destination = co_await arn_of(t, t.settings.destination);
  const auto started =
      co_await t.client.start_message_move_task(std::move(source), std::move(destination), deadline());
  if (!started) refuse("start the redrive", started.error());
  t.print(*started);
}

command word(const std::shared_ptr<queue_command_settings>& s, const char* name, const char* summary,
             task_plan plan) {
  return {.name = name,
          .summary = summary,
          .groups = {connection_options(s->connection)},
          .log_level = "warning",
          .run = [s, plan](console& c, const environment& env) { return run_task(*s, c, env, plan); }};
}

/// A command about one queue, which may be named by a bare word as well.
command word_about_queue(const std::shared_ptr<queue_command_settings>& s, const char* name,
                         const char* summary, task_plan plan, std::vector<option> options = {}) {
  command made = word(s, name, summary, plan);
  made.arguments = "--queue NAME [OPTIONS]";
  made.operand = "queue";
  made.groups.insert(made.groups.begin(), queue_options(s->queue));
  if (!options.empty()) made.groups.insert(made.groups.begin() + 1, {"What it does", std::move(options)});
  return made;
}

std::vector<command> words(const std::shared_ptr<queue_command_settings>& s) {
  using namespace std::chrono_literals;
  command listing = word(s, "list", "Prints the URLs of all queues, one a line.", {check_nothing, list});
  listing.arguments = "[OPTIONS]";
  listing.groups.insert(
      listing.groups.begin(),
      {"Which queues", {text_option("prefix", "TEXT", s->prefix, "Only names that begin so.")}});

  command creating = word_about_queue(
      s, "create", "Creates a queue, and prints its URL.", {check_creation, create},
      {seconds_option("visibility", s->visibility, 0s, 12h,
                      "The queue's own visibility timeout; a worker sets its own at each receive."),
       text_option("dead-letter-queue", "NAME", s->dead_letter_queue,
                   "Where messages go that were received too often; created as well, if need be."),
       count_option("max-receives", s->max_receives, 1, 1000,
                    "How often that is. A message that a drain releases has used one."),
       list_option("attribute", "NAME=VALUE", s->attributes, "Any other attribute of CreateQueue.")});
  creating.groups.front().options.pop_back();  // a queue that is not there yet has no URL
  creating.text =
      "Creates a queue, and prints its URL. A name that ends in .fifo makes a FIFO queue. Where a queue of "
      "that name exists with the same attributes, nothing is done.";
  creating.examples = {
      {"lastcall queue create --queue jobs --dead-letter-queue jobs-dead",
       "a queue whose messages are tried 5 times"},
      {"lastcall queue create --queue orders.fifo --attribute ContentBasedDeduplication=true",
       "a FIFO queue that makes its deduplication ids of the bodies"}};

  command looking = word_about_queue(s, "peek", "Shows messages without taking them.", {check_queue, peek},
                                     {count_option("count", s->count, 1, 1000, "How many at most.")});
  looking.text =
      "Shows messages, a line of JSON each, without taking them: they are received and at once released. "
      "SQS has no other way to look, so each look counts as one of the receives that a redrive policy "
      "allows, and for a moment the messages are invisible to others.";

  command counting =
      word_about_queue(s, "stats", "Prints how many messages a queue holds, and how it is set up.",
                       {check_queue, stats}, {flag_option("json", s->json, "As one line of JSON.")});

  command moving =
      word_about_queue(s, "redrive", "Moves messages of a dead-letter queue back.", {check_queue, redrive},
                       {text_option("destination", "NAME", s->destination,
                                    "To this queue, not to where each message came from.")});
  moving.text =
      "Starts to move all messages of a dead-letter queue (--queue) back to the queues they came from, and "
      "prints the handle of the task. SQS does the rest by itself.";

  return {std::move(listing),
          std::move(creating),
          std::move(counting),
          std::move(looking),
          word_about_queue(s, "purge",
                           "Deletes all messages of a queue, those in flight included, without asking.",
                           {check_queue, purge}),
          std::move(moving)};
}

}  // namespace

command queue_command() {
  const auto settings = std::make_shared<queue_command_settings>();
  return {.name = "queue",
          .summary = "Lists, creates, shows, empties and redrives queues.",
          .arguments = "list | create | stats | peek | purge | redrive",
          .child_title = "COMMAND",
          .children = words(settings)};
}

}  // namespace lastcall::app
