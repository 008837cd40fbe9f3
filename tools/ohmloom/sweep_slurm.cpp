#include "base/errors.hpp"
#include "slurm_queue.hpp"
#include "store/unfinished_file.hpp"
#include "sweep_arguments.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace ohmloom::cli {

namespace {

/// As many chunks as are good for so many nodes: more than one each, so that none waits long for the last.
Index chunks_for(const SweepPlan& plan, const SlurmArguments& slurm) {
    constexpr Index per_node = 4, without_nodes = 64;
    const Index wanted = slurm.chunks > 0  ? slurm.chunks
                         : slurm.nodes > 0 ? per_node * slurm.nodes
                                           : without_nodes;
    return std::min(wanted, plan.points());
}

/// Chunks with a point that the store has not.
std::vector<Index> open_chunks(const SweepPlan& plan, const PointKeys& keys, const SweepStore& store,
                               Index chunks) {
    std::vector<bool> open(static_cast<std::size_t>(chunks), false);
    for (Index n = 0; n < plan.points(); ++n) {
        const auto chunk = static_cast<std::size_t>(n % chunks);
        if (!open[chunk]) open[chunk] = !store.known().contains(keys.key(point_at(plan, n)));
    }
    std::vector<Index> numbers;
    for (Index chunk = 0; chunk < chunks; ++chunk)
        if (open[static_cast<std::size_t>(chunk)]) numbers.push_back(chunk + 1);
    return numbers;
}

/// The folder for scripts and logs; what earlier attempts said of failures is about earlier chunks.
void make_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::remove_all(folder / "failures", failed);
    for (const char* name : {"logs", "failures"}) {
        std::filesystem::create_directories(folder / name, failed);
        if (failed)
            throw FileError(
                fmt::format("{}: cannot make the folder: {}", (folder / name).string(), failed.message()));
    }
}

void print_submission(const SlurmJobs& jobs, const SlurmSubmission& submission,
                      const SweepArguments& arguments) {
    if (arguments.json) {
        fmt::print("{}\n", nlohmann::json({{"schema", "ohmloom-sweep-slurm-1"},
                                           {"result", jobs.result.string()},
                                           {"chunks", jobs.chunks},
                                           {"submitted", jobs.open},
                                           {"array_job", submission.array_job},
                                           {"merge_job", submission.merge_job}})
                               .dump(2));
        return;
    }
    fmt::print("submitted: job {}, {} of {} chunks; then job {} joins them into {}\n", submission.array_job,
               jobs.open.size(), jobs.chunks, submission.merge_job, jobs.result.string());
    fmt::print("  progress: ohmloom sweep {} -o {} --status\n  logs: {} and {}\n", arguments.study,
               output_of(arguments).string(), (jobs.folder / "logs").string(),
               merge_log(jobs.result).string());
}

} // namespace

void require_no_jobs(const SweepArguments& arguments) {
    const std::filesystem::path folder = slurm_folder(parts_folder(output_of(arguments)));
    const std::optional<SlurmSubmission> before = read_submission(folder);
    if (!before) return;
    const SlurmQueue queue = ask_queue(*before);
    if (!queue.empty())
        throw InputError(fmt::format("{}: jobs {} and {} are still queued or running: see --status, or "
                                     "`scancel {} {}` first",
                                     folder.string(), before->array_job, before->merge_job, before->array_job,
                                     before->merge_job));
}

bool submit_to_slurm(const SweepPlan& plan, const PointKeys& keys, const SweepStore& store,
                     const SweepArguments& arguments) {
    const SlurmArguments& slurm = arguments.slurm;
    SlurmJobs jobs;
    jobs.program = std::filesystem::read_symlink("/proc/self/exe");
    jobs.study = arguments.study; // as it was given: messages of points that fail name it
    jobs.result = std::filesystem::absolute(output_of(arguments));
    jobs.folder = slurm_folder(parts_folder(jobs.result));
    jobs.working = std::filesystem::current_path();
    jobs.chunks = chunks_for(plan, slurm);
    jobs.open = open_chunks(plan, keys, store, jobs.chunks);
    if (jobs.open.empty()) return false;
    jobs.nodes = slurm.nodes;
    jobs.threads = arguments.threads;
    jobs.cache_mib = arguments.cache_mib;
    jobs.retries = slurm.retries;
    jobs.partition = slurm.partition;
    jobs.time = slurm.time;
    jobs.options = slurm.options;

    make_folder(jobs.folder);
    const std::filesystem::path array = jobs.folder / "array.sh", merge = jobs.folder / "merge.sh";
    write_text_file(array, array_script(jobs));
    write_text_file(merge, merge_script(jobs));
    SlurmSubmission submission{jobs.chunks, jobs.retries, submit_script(array, {}), ""};
    write_submission(jobs.folder, submission); // already here: whatever comes now, the jobs can be found
    submission.merge_job = submit_script(merge, {"--dependency=afterany:" + submission.array_job});
    write_submission(jobs.folder, submission);
    print_submission(jobs, submission, arguments);
    return true;
}

} // namespace ohmloom::cli
