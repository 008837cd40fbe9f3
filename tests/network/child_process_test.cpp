#include "network/child_process.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

TEST_CASE("a child runs in its folder, with its words as they are, and hands back its status and complaint") {
    const TemporaryFolder folder;
    CHECK(run_child({"touch", "two words; $HOME"}, folder.path()).status == 0);
    CHECK(std::filesystem::exists(folder / "two words; $HOME"));

    const ChildResult failed =
        run_child({"sh", "-c", "echo >&2; echo one >&2; echo two >&2; exit 7"}, folder.path());
    CHECK(failed.status == 7);
    CHECK(failed.error_text == "one; two");
    CHECK(run_child({"sh", "-c", "kill -9 $$"}, folder.path()).status == 128 + 9);
}

TEST_CASE("what a child prints is handed back as it is, whatever it says and complains at the same time") {
    const TemporaryFolder folder;
    // 20000 lines of 11 bytes on both: more than any pipe holds.
    const ChildResult result = run_child(
        {"sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 1234567890; echo x >&2; i=$((i+1)); done"},
        folder.path());
    CHECK(result.status == 0);
    CHECK(result.output.size() == 20000U * 11U);
    CHECK(result.output.substr(0, 12) == "1234567890\n1");
}

TEST_CASE("a child that complains at length neither hangs nor fills the message") {
    const TemporaryFolder folder;
    const ChildResult result = run_child(
        {"sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 1234567890; i=$((i+1)); done >&2"}, folder.path());
    CHECK(result.status == 0);
    CHECK(result.error_text.size() > 400);
    CHECK(result.error_text.size() < 600);
}

TEST_CASE("a program that is not there is named") {
    const TemporaryFolder folder;
    CHECK(mentions(message_of<BackendError>([&] { (void)run_child({"ohmloom-no-such"}, folder.path()); }),
                   "ohmloom-no-such", "No such file"));
}
