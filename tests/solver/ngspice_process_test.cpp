// ngspice dies, exits and hangs: each time the job has a result, and the program goes on.
#include "solver/ngspice_process.hpp"

#include "base/parallel.hpp"
#include "circuit/spice_reader.hpp"
#include "solver/deck_solver.hpp"
#include "solver/ngspice_engine.hpp"
#include "solver/ngspice_jobs.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace ohmloom;

namespace {

const std::string endless = "never ends\nvin in 0 sin(0 1 1meg)\nr1 in out 1k\nc1 out 0 1p\n.end\n";
constexpr const char* endless_analysis = "tran 1n 1000"; // 1e12 steps

/// A job that any ngspice in order answers.
void check_alive() {
    const NgspiceJob job{
        "divider\nvin in 0 3\nr1 in mid 1k\nr2 mid 0 2k\n.end\n", {}, Matrix<double>(1, 0), {"mid"}};
    const NgspiceAnswer answer = solve_operating_points(job);
    REQUIRE(answer.report.problem == "");
    CHECK(answer.values(0, 0) == testing::approx(2.0).epsilon(1e-14));
}

/// Our processes of ngspice, by /proc.
std::vector<pid_t> ngspice_processes() {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string id, name, state;
        pid_t parent = 0;
        if (file >> id >> name >> state >> parent && parent == getpid() && name == "(ohmloom-ngspice)" &&
            state != "Z") {
            found.push_back(static_cast<pid_t>(std::stol(id)));
        }
    }
    return found;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("kill -9 of a process of ngspice at work is the result of its job, and the program goes on") {
    auto job = std::async(std::launch::async, [] {
        return run_analyses({endless, {"op", endless_analysis}});
    });
    while (ngspice_processes().empty()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));            // it is at work now
    for (const pid_t process : ngspice_processes()) kill(process, SIGKILL); // those that wait for work, too
    const NgspiceRun run = job.get();
    CHECK(run.report.end == NgspiceEnd::crashed);
    CHECK(mentions(run.report.problem, "signal 9"));
    CHECK(mentions(run.report.log, "never ends"));
    CHECK(run.analyses[0].completed);
    CHECK_FALSE(run.analyses[1].completed);
    CHECK(run.analyses[1].values.rows() > 0); // what came until then is kept
    check_alive();
}

TEST_CASE("kill -9 of a process of ngspice that waits for work costs no job") {
    check_alive();
    const std::vector<pid_t> waiting = ngspice_processes();
    REQUIRE_FALSE(waiting.empty());
    for (const pid_t process : waiting) kill(process, SIGKILL);
    while (!ngspice_processes().empty()) std::this_thread::yield();
    check_alive();
}

TEST_CASE("a deck that crashes ngspice is a result with the signal") {
    // A process that ends by itself while it works, as at an assertion inside ngspice.
    auto job = std::async(std::launch::async, [] { return run_analyses({endless, {endless_analysis}}); });
    while (ngspice_processes().empty()) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    for (const pid_t process : ngspice_processes()) kill(process, SIGABRT);
    const NgspiceRun run = job.get();
    CHECK(run.report.end == NgspiceEnd::crashed);
    CHECK(mentions(run.report.problem, "Aborted"));
    check_alive();
}

TEST_CASE("a deck that makes ngspice exit is a result with its log, and the program goes on") {
    // Both ways that ngspice has: it gives up on a parameter; it is told to quit.
    const NgspiceRun gave_up = run_analyses({"exits\nvin in 0 {none}\nr1 in 0 1k\n.end\n", {"op"}});
    CHECK(gave_up.report.end == NgspiceEnd::stopped);
    CHECK(mentions(gave_up.report.problem, "none"));
    CHECK(mentions(gave_up.report.log, "exits"));
    check_alive();
    const NgspiceRun quit = run_analyses({"quits\nvin in 0 1\nr1 in 0 1k\n.end\n", {"op", "quit", "op"}});
    CHECK(quit.report.end == NgspiceEnd::stopped);
    CHECK(quit.analyses[0].completed);
    CHECK_FALSE(quit.analyses[2].completed);
    check_alive();
}

TEST_CASE("a deck that never ends is ended after its time, and the program goes on") {
    const auto start = std::chrono::steady_clock::now();
    const NgspiceRun run = run_analyses({endless, {endless_analysis}, {.time = 1.0}});
    CHECK(seconds_since(start) < 30.0);
    CHECK(run.report.end == NgspiceEnd::timed_out);
    CHECK(mentions(run.report.problem, "more time than allowed"));
    CHECK(mentions(run.report.log, "never ends"));
    CHECK_FALSE(run.analyses[0].completed);
    CHECK(run.analyses[0].values.rows() > 10);
    CHECK(run.analyses[0].names.size() == 4); // time, in, out, vin#branch
    check_alive();
}

TEST_CASE("a deck that gives more numbers than may be kept is ended") {
    const NgspiceRun run = run_analyses({endless, {endless_analysis}, {.values = 1'000'000}});
    CHECK(run.report.end == NgspiceEnd::timed_out);
    CHECK(mentions(run.report.problem, "more than 1000000 numbers"));
    check_alive();
}

TEST_CASE("several processes of ngspice work side by side") {
    // Jobs that end by their time limit: one after another they would take four seconds.
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::future<NgspiceRun>> jobs;
    for (int i = 0; i < 4; ++i) {
        jobs.push_back(std::async(std::launch::async, [] {
            return run_analyses({endless, {endless_analysis}, {.time = 1.0}});
        }));
    }
    for (auto& job : jobs) CHECK(job.get().report.end == NgspiceEnd::timed_out);
    CHECK(seconds_since(start) < 3.5);
}

TEST_CASE("a deck and its log are kept, with the transient's points until the end") {
    const TemporaryFolder folder;
    const SpiceDeck deck = read_spice(folder.write(
        "deck.cir", "never ends\nv1 in 0 sin(0 1 1meg)\nr1 in out 1k\nc1 out 0 1p\n.tran 1n 50m\n.end\n"));
    const DeckSolution solution = solve_deck_ngspice(deck, 1.0);
    CHECK_FALSE(solution.all_converged());
    CHECK(solution.analyses[0].axis.size() > 10);
    const std::string& message = solution.analyses[0].message;
    CHECK(mentions(message, "more time than allowed"));
    const std::string_view sign = "deck and log: ";
    REQUIRE(message.find(sign) != std::string::npos);
    const std::size_t begin = message.find(sign) + sign.size();
    const std::filesystem::path kept = message.substr(begin, message.find(',', begin) - begin);
    std::ifstream file(kept);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    CHECK(mentions(text, "c1 out 0"));
    CHECK(std::filesystem::exists(std::filesystem::path(kept).replace_extension("log")));
    std::filesystem::remove_all(kept.parent_path());
}

TEST_CASE("an array that ngspice has no time for is not converged, and says why") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(40, 40, 1e-4);
    crossbar.r_row = crossbar.r_col = 10.0;
    const ArraySolution solution =
        solve_array_ngspice(crossbar, {Matrix<double>(2, 40, 1.0), {}}, {.time_limit = 1e-4});
    CHECK(solution.status[0] == SolveStatus::not_converged);
    CHECK(solution.status[1] == SolveStatus::not_converged);
    CHECK(std::isnan(solution.i_col(0, 0)));
    CHECK(mentions(solution.problem, "more time than allowed"));
}

TEST_CASE("what ngspice can do is asked of ngspice") {
    const NgspiceAbout about = about_ngspice();
    CHECK(std::stoi(about.version) >= 39);
    CHECK(about.xspice); // as Debian builds it
}
