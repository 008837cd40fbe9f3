#include "slurm_queue.hpp"
#include "sweep/sweep_progress.hpp"
#include "sweep/sweep_result.hpp"
#include "sweep_arguments.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace ohmloom::cli {

namespace {

std::string part_text(const PartProgress& part) {
    std::string text = fmt::format("{} of {} points", part.computed, part.points);
    if (part.not_converged > 0) text += fmt::format(", {} did not converge", part.not_converged);
    if (part.failed > 0) text += fmt::format(", {} failed", part.failed);
    return text;
}

nlohmann::json part_json(const PartProgress& part) {
    return {{"points", part.points},
            {"computed", part.computed},
            {"not_converged", part.not_converged},
            {"failed", part.failed}};
}

/// What became, or becomes, of a chunk.
struct ChunkState {
    std::string word;
    std::vector<std::string> failures;
};

ChunkState state_of(Index chunk, const PartProgress& part, const SlurmQueue& queue,
                    const std::filesystem::path& folder) {
    ChunkState state{"", chunk_failures(folder, chunk)};
    const auto queued = queue.chunks.find(chunk);
    if (part.complete())
        state.word = "done";
    else if (queued != queue.chunks.end())
        state.word = fmt::format("{} {}", queued->second.state, queued->second.where);
    else if (!queue.known)
        state.word = "unknown";
    else
        state.word = state.failures.empty() ? "not queued" : "failed";
    return state;
}

/// "chunks: 3 done, 1 RUNNING", and a line for each that is under way or has failed.
void print_chunks(const SweepProgress& progress, const SlurmQueue& queue,
                  const std::filesystem::path& folder) {
    constexpr std::size_t most_lines = 40;
    std::map<std::string, int> counts;
    std::vector<std::string> lines;
    for (std::size_t c = 0; c < progress.chunks.size(); ++c) {
        const auto number = static_cast<Index>(c) + 1;
        const ChunkState state = state_of(number, progress.chunks[c], queue, folder);
        ++counts[state.word.substr(0, state.word.find(' '))];
        if (state.word != "done" && !state.word.starts_with("PENDING"))
            lines.push_back(
                fmt::format("  chunk {}: {}; {}", number, part_text(progress.chunks[c]), state.word));
        else if (!state.failures.empty())
            lines.push_back(fmt::format("  chunk {}: {} after {} failed attempts", number, state.word,
                                        state.failures.size()));
        if (!state.failures.empty() && state.word != "done")
            lines.push_back(
                fmt::format("    attempt {} failed: {}", state.failures.size(), state.failures.back()));
    }
    std::string summary;
    for (const auto& [word, count] : counts)
        summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, word);
    fmt::print("chunks: {}\n", summary);
    for (std::size_t i = 0; i < std::min(lines.size(), most_lines); ++i) fmt::print("{}\n", lines[i]);
    if (lines.size() > most_lines) fmt::print("  and {} lines more\n", lines.size() - most_lines);
}

void print_slurm(const SlurmSubmission& submission, const SweepProgress& progress,
                 const std::filesystem::path& folder) {
    const SlurmQueue queue = ask_queue(submission);
    if (!queue.known)
        fmt::print("Slurm cannot be asked for job {}: {}\n", submission.array_job, queue.problem);
    print_chunks(progress, queue, folder);
    fmt::print("logs: {}\n", (folder / "logs").string());
    if (queue.merge_queued)
        fmt::print("merge: job {}: {} {}\n", submission.merge_job, queue.merge.state, queue.merge.where);
    else if (queue.known)
        fmt::print("merge: not queued; the same sweep with --slurm submits what is missing, `ohmloom merge` "
                   "joins what is complete\n");
}

void print_progress_json(const SweepProgress& progress, double seconds_to_go,
                         const std::optional<SlurmSubmission>& submission,
                         const std::filesystem::path& folder) {
    nlohmann::json json = part_json(progress.all);
    json["schema"] = "ohmloom-sweep-status-1";
    json["points_per_second"] = progress.points_per_second;
    json["seconds_to_go"] = seconds_to_go < 0.0 ? nlohmann::json(nullptr) : nlohmann::json(seconds_to_go);
    if (submission) {
        const SlurmQueue queue = ask_queue(*submission);
        json["array_job"] = submission->array_job;
        json["merge_job"] = submission->merge_job;
        json["merge_state"] = queue.merge_queued ? queue.merge.state : "";
        for (std::size_t c = 0; c < progress.chunks.size(); ++c) {
            const ChunkState state = state_of(static_cast<Index>(c) + 1, progress.chunks[c], queue, folder);
            nlohmann::json chunk = part_json(progress.chunks[c]);
            chunk["state"] = state.word;
            chunk["failures"] = state.failures;
            json["chunks"].push_back(std::move(chunk));
        }
    }
    fmt::print("{}\n", json.dump(2));
}

int print_parts(const SweepPlan& plan, const SweepArguments& arguments) {
    const std::filesystem::path parts = parts_folder(output_of(arguments));
    const std::filesystem::path folder = slurm_folder(parts);
    const PointKeys keys(plan, OHMLOOM_VERSION);
    const std::optional<SlurmSubmission> submission = read_submission(folder);
    const SweepProgress progress = sweep_progress(plan, keys, parts, submission ? submission->chunks : 1);
    const double to_go =
        progress.points_per_second > 0.0
            ? static_cast<double>(progress.all.points - progress.all.computed) / progress.points_per_second
            : -1.0;
    const int status = progress.all.complete() ? exit_good : exit_not_converged;
    if (arguments.json) {
        print_progress_json(progress, to_go, submission, folder);
        return status;
    }
    fmt::print("{}: {}", output_of(arguments).string(), part_text(progress.all));
    if (progress.all.complete())
        fmt::print(", not joined yet");
    else if (to_go >= 0.0)
        fmt::print("; {} to go at the latest rate, {:.3g} points/s", duration_text(to_go),
                   progress.points_per_second);
    fmt::print("\n");
    if (submission) print_slurm(*submission, progress, folder);
    return status;
}

/// Whether the result tells all: there are no parts, or what is left of them is of no use any more.
bool is_result_the_state(const SweepPlan& plan, const SweepArguments& arguments) {
    const std::filesystem::path result = output_of(arguments);
    if (!std::filesystem::exists(result)) return false;
    if (!std::filesystem::exists(parts_folder(result))) return true;
    const SweepFile file = read_sweep_file(result);
    return file.missing == 0 && file.version == OHMLOOM_VERSION &&
           study_difference(file.study, plan.text).empty();
}

int print_result(const SweepPlan& plan, const SweepArguments& arguments) {
    const std::filesystem::path result = output_of(arguments);
    const SweepFile file = read_sweep_file(result);
    const std::string difference = study_difference(file.study, plan.text);
    const PartProgress part{file.points, file.points - file.missing, file.not_converged, file.failed};
    if (arguments.json) {
        nlohmann::json json = part_json(part);
        json["schema"] = "ohmloom-sweep-status-1";
        fmt::print("{}\n", json.dump(2));
    } else {
        fmt::print("{}: {}{}\n", result.string(), part_text(part),
                   difference.empty() ? "" : "; of another study, since then: " + difference);
    }
    return part.complete() && difference.empty() ? exit_good : exit_not_converged;
}

} // namespace

int print_status(const SweepPlan& plan, const SweepArguments& arguments) {
    const std::filesystem::path parts = parts_folder(output_of(arguments));
    if (is_result_the_state(plan, arguments)) return print_result(plan, arguments);
    if (arguments.shard.empty()) return print_parts(plan, arguments);
    const PartProgress part =
        shard_progress(plan, PointKeys(plan, OHMLOOM_VERSION), parts, shard_from(arguments.shard));
    fmt::print("shard {}: {}\n", arguments.shard, part_text(part));
    return part.complete() ? exit_good : exit_not_converged;
}

} // namespace ohmloom::cli
