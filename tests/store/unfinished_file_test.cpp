#include "store/unfinished_file.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace ohmloom;

TEST_CASE("an interrupted program's unfinished files can be removed, and only those") {
    const TemporaryFolder folder;
    UnfinishedFile finished(folder / "finished");
    finished.commit();
    std::vector<UnfinishedFile> unfinished;
    unfinished.reserve(3);
    for (int i = 0; i < 3; ++i) unfinished.emplace_back(folder / "unfinished");
    CHECK(folder.entries() == 4);

    remove_unfinished_files();
    CHECK(folder.entries() == 1);
    CHECK(std::filesystem::exists(folder / "finished"));
}

TEST_CASE("what is no regular file is never replaced") {
    const TemporaryFolder folder;
    std::filesystem::create_symlink("/dev/null", folder / "device");
    const std::string said = message_of<FileError>([&] { UnfinishedFile file(folder / "device"); });
    CHECK(mentions(said, "device", "expected a file name"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("more unfinished files than an interruption can remove are still removed by their owners") {
    const TemporaryFolder folder;
    {
        std::vector<UnfinishedFile> many;
        many.reserve(200);
        for (int i = 0; i < 200; ++i) many.emplace_back(folder / "out");
        CHECK(folder.entries() == 200);
    }
    CHECK(folder.entries() == 0);

    // The room that they took is free again.
    const UnfinishedFile another(folder / "out");
    remove_unfinished_files();
    CHECK(folder.entries() == 0);
}

TEST_CASE("a file that was moved from or committed is not removed in place of a later one") {
    const TemporaryFolder folder;
    {
        UnfinishedFile first(folder / "first");
        UnfinishedFile moved(std::move(first));
        moved.commit();
        UnfinishedFile second(folder / "second");
        second.commit();
    }
    remove_unfinished_files();
    CHECK(folder.entries() == 2);
}
