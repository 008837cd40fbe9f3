#pragma once

#include "base/matrix.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// How a sweep runs under Slurm: an array of jobs, each computing one chunk (a shard) of the points, and a job that joins them.
struct SlurmJobs {
    std::filesystem::path program, study, result; ///< absolute, or as seen from `working`
    std::filesystem::path folder;                 ///< for logs and failures, see slurm_folder()
    std::filesystem::path working;                ///< folder that the jobs run in
    Index chunks = 1;
    std::vector<Index> open{};          ///< numbers of the chunks to compute, from 1, ascending
    Index nodes = 0;                    ///< chunks that run at a time; 0: as many as Slurm allows
    int threads = 0;                    ///< of a chunk; 0: a whole node
    Index cache_mib = 1024;             ///< memory for what points share [MiB]
    Index retries = 3;                  ///< of a chunk that fails
    std::string partition{};            ///< empty: Slurm's default
    std::string time{};                 ///< limit of a chunk, as Slurm writes it; empty: Slurm's default
    std::vector<std::string> options{}; ///< further options of sbatch, of all jobs
};

/// Script of the array: its task i computes chunk i. It may be stopped, killed and started again at any time: the sweep goes on from
/// its store. A task that ends with points missing asks Slurm to run it again: without end while Slurm stopped it and it got further
/// (time limits, preemption), otherwise `retries` times, each leaving a line in "<folder>/failures/<i>".
std::string array_script(const SlurmJobs& jobs);

/// Script of the job that joins, to be submitted with a dependency on the end of the array, good or bad: it says which chunks failed.
std::string merge_script(const SlurmJobs& jobs);

/// Ascending numbers as Slurm writes them: "1-5,7".
std::string number_ranges(std::span<const Index> numbers);

/// What was submitted.
struct SlurmSubmission {
    Index chunks = 1;
    Index retries = 0;
    std::string array_job, merge_job; ///< Slurm's numbers; empty: not submitted
};

/// Where a folder of parts has scripts, logs and numbers of jobs.
std::filesystem::path slurm_folder(const std::filesystem::path& parts);
/// Where the job that joins writes: beside the result, since the parts go when all are joined.
std::filesystem::path merge_log(const std::filesystem::path& result);

/// @throws FileError.
void write_submission(const std::filesystem::path& folder, const SlurmSubmission& submission);
/// None if nothing was submitted. @throws FileError if the file is damaged.
std::optional<SlurmSubmission> read_submission(const std::filesystem::path& folder);

/// Lines that failed attempts at a chunk left, the oldest first.
std::vector<std::string> chunk_failures(const std::filesystem::path& folder, Index chunk);

} // namespace ohmloom
