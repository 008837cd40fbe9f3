#pragma once

#include "sweep/point_key.hpp"
#include "sweep/sweep_plan.hpp"
#include "sweep/sweep_store.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// What only `ohmloom sweep --slurm` takes.
struct SlurmArguments {
    std::string partition;
    std::string time;
    std::vector<std::string> options;
    Index nodes = 0, chunks = 0, retries = 3;
};

/// What `ohmloom sweep` and `ohmloom merge` take.
struct SweepArguments {
    std::string study;
    std::string output;
    std::string shard;
    std::string command;
    int threads = 0;
    Index cache_mib = 1024;
    Index print_point = -1;
    double probe_seconds = 3.0;
    bool dry_run = false, extend = false, partial = false, json = false;
    bool status = false, wait = false, on_slurm = false;
    SlurmArguments slurm;
};

/// Result that was named, or the study's name with .h5.
std::filesystem::path output_of(const SweepArguments& arguments);

/// "3/16": the third of sixteen. @throws InputError.
SweepShard shard_from(const std::string& text);

/// "12 min".
std::string duration_text(double seconds);

/// Prints how far the sweep has come, and what Slurm says of its jobs.
int print_status(const SweepPlan& plan, const SweepArguments& arguments);

/// Submits the chunks that the store has not, and the job that joins all. @return false if the store has all points.
/// @throws InputError if Slurm does not take them.
bool submit_to_slurm(const SweepPlan& plan, const PointKeys& keys, const SweepStore& store,
                     const SweepArguments& arguments);

/// @throws InputError if jobs of this sweep are still queued or running.
void require_no_jobs(const SweepArguments& arguments);

} // namespace ohmloom::cli
