#pragma once

#include "sweep/slurm_jobs.hpp"

#include <map>
#include <string>

namespace ohmloom::cli {

/// A job that Slurm has not finished with.
struct QueuedJob {
    std::string state; ///< "RUNNING", "PENDING", …
    std::string where; ///< node, or in brackets why it waits
};

/// Jobs that Slurm has in its queue.
struct SlurmQueue {
    bool known = false;                ///< Slurm answered
    std::string problem;               ///< why not
    std::map<Index, QueuedJob> chunks; ///< by number of the chunk
    bool merge_queued = false;
    QueuedJob merge;

    [[nodiscard]] bool empty() const { return chunks.empty() && !merge_queued; }
};

/// Asks `squeue`.
SlurmQueue ask_queue(const SlurmSubmission& submission);

/// Submits a script. @return its number. @throws InputError with what `sbatch` said.
std::string submit_script(const std::filesystem::path& script, const std::vector<std::string>& options);

} // namespace ohmloom::cli
