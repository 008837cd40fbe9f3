#include "sweep/slurm_jobs.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ohmloom;

namespace {

SlurmJobs sample_jobs() {
    SlurmJobs jobs;
    jobs.program = "/opt/ohmloom";
    jobs.study = "/work-of/a study.toml";
    jobs.result = "/work-of/50%.h5";
    jobs.folder = "/work-of/50%.h5.parts/slurm";
    jobs.working = "/work-of";
    jobs.chunks = 16;
    jobs.open = {1, 2, 3, 5, 9, 10};
    return jobs;
}

} // namespace

TEST_CASE("Numbers of chunks are written as ranges") {
    CHECK(number_ranges(std::vector<Index>{}).empty());
    CHECK(number_ranges(std::vector<Index>{7}) == "7");
    CHECK(number_ranges(std::vector<Index>{1, 2, 3, 5, 9, 10}) == "1-3,5,9-10");
}

TEST_CASE("The array's script asks for what was given, and for nothing else") {
    SlurmJobs jobs = sample_jobs();
    std::string script = array_script(jobs);
    CHECK(mentions(script, "#SBATCH --array=1-3,5,9-10\n", "#SBATCH --exclusive\n", "#SBATCH --requeue\n",
                   "chunk=$SLURM_ARRAY_TASK_ID/16\n"));
    CHECK(script.find("--partition") == std::string::npos);
    CHECK(script.find("--time") == std::string::npos);

    jobs.threads = 4;
    jobs.nodes = 3;
    jobs.partition = "long";
    jobs.time = "2:00:00";
    jobs.retries = 5;
    script = array_script(jobs);
    CHECK(mentions(script, "#SBATCH --array=1-3,5,9-10%3\n", "#SBATCH --cpus-per-task=4\n",
                   "#SBATCH --partition=long\n", "#SBATCH --time=2:00:00\n", "retries=5\n", "threads=4\n"));
    CHECK(script.find("--exclusive") == std::string::npos);
}

TEST_CASE("Names and options reach the shell and sbatch as they are") {
    SlurmJobs jobs = sample_jobs();
    jobs.options = {"--comment=say \"hi\" # now", "--account=lab"};
    const std::string script = array_script(jobs);
    // Slurm takes %a for the number of the task, and %% for a percent sign.
    CHECK(mentions(script, "#SBATCH --output=/work-of/50%%.h5.parts/slurm/logs/chunk-%a.log\n",
                   "study='/work-of/a study.toml'\n", "result='/work-of/50%.h5'\n",
                   "#SBATCH \"--comment=say \\\"hi\\\" # now\"\n", "#SBATCH --account=lab\n"));
    jobs.study = "/work-of/it's";
    CHECK(mentions(merge_script(jobs), "study='/work-of/it'\\''s'\n", "#SBATCH --account=lab\n",
                   "#SBATCH --output=/work-of/50%%.h5.merge.log\n"));
}

TEST_CASE("What was submitted is read back, and damage is named") {
    const TemporaryFolder folder;
    CHECK_FALSE(read_submission(folder.path()).has_value());
    write_submission(folder.path(), {.chunks = 16, .retries = 2, .array_job = "4711", .merge_job = "4712"});
    const auto read = read_submission(folder.path());
    REQUIRE(read.has_value());
    CHECK(read->chunks == 16);
    CHECK(read->retries == 2);
    CHECK(read->array_job == "4711");
    CHECK(read->merge_job == "4712");
    const auto file = folder.write("jobs.json", "{\"chunks\": 16}");
    CHECK(mentions(message_of<FileError>([&] { (void)read_submission(folder.path()); }), file.string(),
                   "not the jobs of a sweep"));
}

TEST_CASE("Failures of a chunk are its lines, none without a file") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "failures");
    (void)folder.write("failures/3", "first\nsecond\n");
    CHECK(chunk_failures(folder.path(), 3) == std::vector<std::string>{"first", "second"});
    CHECK(chunk_failures(folder.path(), 4).empty());
}
