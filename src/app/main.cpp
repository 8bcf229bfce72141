#include "app/cli.hpp"
#include "app/program.hpp"

int main(int count, char** arguments) {
  return lastcall::app::run_process(lastcall::app::make_program, count, arguments);
}
