#include "lut/lut_file.hpp"

#include "base/errors.hpp"
#include "base/random.hpp"
#include "store/sealed_file.hpp"
#include "tests/lut/sample_luts.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace ohmloom;

namespace {

enum class Outcome { read, refused, refused_without_name, ended_badly };

/// Reads a file in a process of its own, which may take 20 s and, where the address space is not a sanitizer's, 1 GiB more than
/// there is now. Refusals must be one line that names the file.
Outcome read_in_child(const std::filesystem::path& file, const LutFile& expected) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit time{20, 20};
        setrlimit(RLIMIT_CPU, &time);
#if !defined(__SANITIZE_ADDRESS__)
        const rlimit memory{rlim_t{2} << 30, rlim_t{2} << 30};
        setrlimit(RLIMIT_AS, &memory);
#endif
        try {
            _exit(read_luts(file) == expected ? 0 : 3);
        } catch (const FileError& error) {
            const std::string said = error.what();
            _exit(said.find(file.filename().string()) != std::string::npos &&
                          said.find('\n') == std::string::npos
                      ? 1
                      : 2);
        } catch (...) {
            _exit(4);
        }
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 2) return Outcome::ended_badly;
    return WEXITSTATUS(status) == 0   ? Outcome::read
           : WEXITSTATUS(status) == 1 ? Outcome::refused
                                      : Outcome::refused_without_name;
}

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

TEST_CASE(
    "hundreds of files with changed, cut or added bytes are refused by name, without crash, hang or memory") {
    const TemporaryFolder folder;
    write_luts(folder / "good.h5", sample_luts());
    const std::string good = bytes_of(folder / "good.h5");
    CHECK(read_in_child(folder / "good.h5", in_file_order(sample_luts())) == Outcome::read);
    const RandomStream stream(1, RandomPurpose::test_generation);
    const auto below = [&](std::uint32_t k, std::uint32_t draw, std::size_t limit) {
        return std::min(static_cast<std::size_t>(stream.uniform(0, k, 0, draw) * static_cast<double>(limit)),
                        limit - 1);
    };
    for (std::uint32_t k = 0; k < 400; ++k) {
        std::string bad = good;
        switch (k % 4) {
        case 0: // a bit
            bad[below(k, 0, bad.size())] ^= static_cast<char>(1U << below(k, 1, 8));
            break;
        case 1: // the end
            bad.resize(below(k, 0, bad.size()));
            break;
        case 2: // a run of equal bytes
            for (std::size_t n = below(k, 0, bad.size()), end = std::min(bad.size(), n + 64); n < end; ++n)
                bad[n] = static_cast<char>(below(k, 1, 256));
            break;
        case 3: // more bytes
            bad.insert(below(k, 0, bad.size()), std::string(1 + below(k, 1, 16), '\x7f'));
            break;
        }
        if (bad == good) continue;
        CAPTURE(k);
        CHECK(read_in_child(folder.write("bad.h5", bad), {}) == Outcome::refused);
    }
}

TEST_CASE("well-formed files that claim, link or hold what they should not are refused by name") {
    const TemporaryFolder folder;
    write_luts(folder / "good.h5", sample_luts());
    const std::string made = (folder / "names.txt").string();
    const std::string command = std::string(OHMLOOM_PYTHON) +
                                " -B " OHMLOOM_SOURCE_DIR "/tests/lut/fuzz_luts.py " +
                                (folder / "good.h5").string() + " " + folder.path().string() + " > " + made;
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream names(made);
    int count = 0;
    for (std::string name; std::getline(names, name); ++count) {
        CAPTURE(name);
        CHECK_NOTHROW(require_sealed(folder / (name + ".h5"))); // what is wrong is not the seal
        CHECK(read_in_child(folder / (name + ".h5"), {}) == Outcome::refused);
    }
    CHECK(count >= 45);
}
