#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "base/si.hpp"
#include "interruption.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "store/file_lock.hpp"
#include "sweep/run_sweep.hpp"
#include "sweep/sweep_result.hpp"
#include "sweep_arguments.hpp"
#include "sweep_estimate.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ohmloom::cli {

namespace {

int dry_run(const SweepPlan& plan, const PointKeys& keys, const SweepArguments& arguments) {
    const SweepSharing sharing = sweep_sharing(plan);
    const SweepProbe probe = probe_sweep(plan, keys, arguments.probe_seconds);
    if (arguments.json)
        print_estimate_json(plan, sharing, probe);
    else
        print_estimate(plan, sharing, probe, arguments);
    return probe.failed == 0 ? exit_good : exit_not_converged;
}

void tell_damages(const std::vector<RecordDamage>& damages) {
    for (const RecordDamage& damage : damages)
        fmt::print(stderr, "ohmloom: {}: at byte {}: {}; its points are computed again\n",
                   damage.file.string(), damage.offset, damage.what);
}

/// "; data set "mnist-test" is not found here": what may be the reason that points have other keys than they were computed with.
std::string missing_data_hint(const PointKeys& keys) {
    std::string hint;
    for (const std::string& name : keys.missing_data())
        hint += fmt::format("; data set {}, which they were computed with, is not found here", name);
    return hint;
}

/// What a result that is there already means for this sweep: nothing to do, points to keep, or a refusal.
bool is_finished(const std::filesystem::path& result, const SweepPlan& plan, const PointKeys& keys,
                 const SweepArguments& arguments) {
    if (!std::filesystem::exists(result)) return false;
    SweepFile file;
    try {
        file = read_sweep_file(result);
    } catch (const FileError& error) {
        throw InputError(
            fmt::format("{}: it would be replaced: give another result file with -o", error.what()));
    }
    const std::string difference = study_difference(file.study, plan.text);
    if (!arguments.extend && !difference.empty())
        throw InputError(
            fmt::format("{}: the result of another study; since then: {}; give --extend to keep the "
                        "points that both have, or another result file with -o",
                        result.string(), difference));
    if (!arguments.extend && file.version != OHMLOOM_VERSION)
        throw InputError(
            fmt::format("{}: the result of ohmloom {}, this is {}: give another result file with -o, "
                        "or --extend to compute all points anew",
                        result.string(), file.version, OHMLOOM_VERSION));
    if (!difference.empty() || file.version != OHMLOOM_VERSION) return false;
    const Index outdated = count_outdated(result, plan, keys);
    if (!arguments.extend && outdated > 0)
        throw InputError(
            fmt::format("{}: {} of {} points are of files that have changed since (networks, cards, tables, "
                        "data sets){}: give --extend to compute these anew, or another result file with -o",
                        result.string(), outdated, file.points, missing_data_hint(keys)));
    return file.missing == 0 && outdated == 0;
}

/// Points of an earlier result that the plan has as well go into the store.
void keep_earlier_points(const std::filesystem::path& result, SweepStore& store) {
    if (!std::filesystem::exists(result)) return;
    read_sweep_points(result, [&](const PointRecord& point) {
        if (!store.known().contains(point.key)) store.add_known(point);
    });
    store.flush();
}

int status_of(Index not_converged, Index failed) {
    return not_converged + failed == 0 ? exit_good : exit_not_converged;
}

int print_finished(const std::filesystem::path& result, const SweepArguments& arguments) {
    const SweepFile file = read_sweep_file(result);
    if (arguments.json) {
        fmt::print("{}\n", nlohmann::json({{"schema", "ohmloom-sweep-1"},
                                           {"result", result.string()},
                                           {"points", file.points},
                                           {"missing", file.missing},
                                           {"not_converged", file.not_converged},
                                           {"failed", file.failed}})
                               .dump(2));
    } else {
        fmt::print("{}: {} points", result.string(), file.points);
        if (file.missing > 0) fmt::print(", {} of them not computed", file.missing);
        if (file.not_converged > 0) fmt::print(", {} did not converge", file.not_converged);
        if (file.failed > 0) fmt::print(", {} failed", file.failed);
        fmt::print("\n");
    }
    return status_of(file.not_converged, file.failed);
}

/// Joins all parts; a complete sweep's parts are not needed any more.
int finish(const SweepPlan& plan, const PointKeys& keys, const SweepArguments& arguments, bool partial) {
    const std::filesystem::path result = output_of(arguments);
    const MergeOutcome merged = merge_sweep(plan, keys, parts_folder(result), result,
                                            {OHMLOOM_VERSION, arguments.command, this_process()}, partial);
    if (merged.missing == 0) {
        // A file system that several machines share may keep the folder while one of them has a file of it open.
        std::error_code kept;
        std::filesystem::remove_all(parts_folder(result), kept);
    } else if (!partial) {
        throw InputError(fmt::format(
            "{}: {} of {} points are not computed{}{}: run the same sweep again, or join what "
            "there is with --partial",
            parts_folder(result).string(), merged.missing, merged.points,
            merged.damages.empty() ? "" : " or their records are damaged", missing_data_hint(keys)));
    }
    if (merged.failed > 0)
        fmt::print(stderr, "ohmloom: {} points failed, the first with: {}\n", merged.failed,
                   merged.first_failure);
    return print_finished(result, arguments);
}

/// Lets Slurm compute what the store has not; if it has all, only joining is left to do.
int run_on_slurm(const SweepPlan& plan, const PointKeys& keys, const SweepArguments& arguments) {
    require_no_jobs(arguments);
    {
        // The store of all: nobody else works on it.
        SweepStore store(output_of(arguments), plan, OHMLOOM_VERSION, {}, arguments.extend);
        tell_damages(store.damages());
        if (arguments.extend) keep_earlier_points(output_of(arguments), store);
        if (submit_to_slurm(plan, keys, store, arguments)) return exit_good;
    }
    return finish(plan, keys, arguments, false);
}

/// What `make` makes, which takes a lock; with --wait it is tried again while others hold that.
template <typename Make>
auto when_free(const SweepArguments& arguments, const Make& make) {
    for (bool told = false;; told = true) {
        try {
            return make();
        } catch (const HeldError& error) {
            if (!arguments.wait || stop_requested()) throw;
            if (!told) fmt::print(stderr, "ohmloom: {}; waiting\n", error.what());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
}

int run_points(const SweepPlan& plan, const PointKeys& keys, const SweepArguments& arguments) {
    const std::filesystem::path result = output_of(arguments);
    const SweepShard shard = shard_from(arguments.shard);
    if (is_finished(result, plan, keys, arguments)) {
        fmt::print(stderr, "ohmloom: all points are there already\n");
        return print_finished(result, arguments);
    }
    if (arguments.on_slurm) return run_on_slurm(plan, keys, arguments);
    SweepOutcome outcome;
    {
        stop_when_interrupted();
        const auto opened = when_free(arguments, [&] {
            return std::make_unique<SweepStore>(result, plan, OHMLOOM_VERSION, shard, arguments.extend);
        });
        SweepStore& store = *opened;
        tell_damages(store.damages());
        if (arguments.extend) keep_earlier_points(result, store);
        const auto started = std::chrono::steady_clock::now();
        outcome = run_sweep(plan, keys, store,
                            {.shard = shard,
                             .cache_bytes = static_cast<std::size_t>(arguments.cache_mib) << 20U,
                             .stop = stop_requested,
                             .progress = make_progress_bar()});
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        fmt::print(stderr, "ohmloom: {} of {} points computed in {} ({} were there){}\n", outcome.computed,
                   outcome.points, duration_text(seconds), outcome.known,
                   outcome.complete() ? "" : "; stopped: the same command goes on from here");
    }
    if (!outcome.complete()) return exit_not_converged;
    if (shard.count > 1) {
        if (outcome.failed > 0)
            fmt::print(stderr, "ohmloom: {} points failed, the first with: {}\n", outcome.failed,
                       outcome.first_failure);
        return status_of(outcome.not_converged, outcome.failed);
    }
    return finish(plan, keys, arguments, false);
}

int print_point(const SweepPlan& plan, Index number) {
    if (number >= plan.points())
        throw InputError(
            fmt::format("--print-point is {}: the sweep has points 0 to {}", number, plan.points() - 1));
    const SweepPoint point = point_at(plan, number);
    fmt::print("# point {} of {}{}{}\n{}", number, plan.file.string(), plan.groups.empty() ? "" : ": ",
               describe(plan, point), study_at(plan, point).text());
    return exit_good;
}

int run_sweep_verb(const SweepArguments& arguments) {
    const ThreadLimit threads(arguments.threads);
    const SweepPlan plan = read_sweep(arguments.study);
    if (arguments.print_point >= 0) return print_point(plan, arguments.print_point);
    if (arguments.status) return print_status(plan, arguments);
    check_points(plan);
    require_output(output_of(arguments), {arguments.study});
    const PointKeys keys(plan, OHMLOOM_VERSION);
    return arguments.dry_run ? dry_run(plan, keys, arguments) : run_points(plan, keys, arguments);
}

int run_merge_verb(const SweepArguments& arguments) {
    const SweepPlan plan = read_sweep(arguments.study);
    const std::filesystem::path result = output_of(arguments);
    const PointKeys keys(plan, OHMLOOM_VERSION);
    if (!std::filesystem::exists(parts_folder(result))) {
        if (is_finished(result, plan, keys, arguments)) return print_finished(result, arguments);
        throw InputError(
            fmt::format("{}: there are no points to join: run `ohmloom sweep` first, or name its "
                        "result with -o",
                        parts_folder(result).string()));
    }
    const auto lock = when_free(arguments, [&] {
        return std::make_unique<FileLock>(parts_folder(result) / "lock", FileLock::Kind::alone);
    });
    return finish(plan, keys, arguments, arguments.partial);
}

void add_slurm_options(CLI::App& verb, SweepArguments& arguments) {
    CLI::Option* const on_slurm =
        verb.add_flag("--slurm", arguments.on_slurm,
                      "let Slurm compute the points: submit an array of jobs, and a job that joins them");
    for (const char* other : {"--dry-run", "--print-point", "--shard", "--status"}) on_slurm->excludes(other);
    SlurmArguments& slurm = arguments.slurm;
    const std::initializer_list<CLI::Option*> options{
        verb.add_option("--partition", slurm.partition, "Slurm's partition"),
        verb.add_option("--nodes", slurm.nodes, "chunks that run at a time, each on a node; all unless given")
            ->check(at_least(1)),
        verb.add_option("--chunks", slurm.chunks, "jobs of the array; 4 a node, or 64, unless given")
            ->check(at_least(1)),
        verb.add_option("--time", slurm.time,
                        "time limit of a chunk, which goes on in a new job, as 4:00:00"),
        verb.add_option("--retries", slurm.retries, "how often a chunk that fails is queued again")
            ->check(at_least(0))
            ->capture_default_str(),
        verb.add_option("--sbatch", slurm.options, "a further option of sbatch, as --sbatch=--account=lab")
            ->allow_extra_args(false)};
    for (CLI::Option* option : options) option->needs(on_slurm);
}

} // namespace

SweepShard shard_from(const std::string& text) {
    if (text.empty()) return {};
    SweepShard shard;
    const char* const end = text.data() + text.size();
    const auto index = std::from_chars(text.data(), end, shard.index);
    const bool slash = index.ec == std::errc() && index.ptr != end && *index.ptr == '/';
    const auto count = slash ? std::from_chars(index.ptr + 1, end, shard.count) : index;
    if (!slash || count.ec != std::errc() || count.ptr != end || shard.index < 1 || shard.index > shard.count)
        throw InputError(
            fmt::format("--shard is '{}': expected i/n with i from 1 to n, as --shard 3/16", text));
    --shard.index;
    return shard;
}

std::filesystem::path output_of(const SweepArguments& arguments) {
    if (!arguments.output.empty()) return arguments.output;
    return std::filesystem::path(arguments.study).stem().string() + ".h5";
}

std::string duration_text(double seconds) {
    if (seconds < 120.0) return fmt::format("{:.3g} s", seconds);
    if (seconds < 7200.0) return fmt::format("{:.3g} min", seconds / 60.0);
    if (seconds < 172800.0) return fmt::format("{:.3g} h", seconds / 3600.0);
    return fmt::format("{:.3g} days", seconds / 86400.0);
}

void add_sweep_verb(CommandLine& line) {
    auto arguments = std::make_shared<SweepArguments>();
    CLI::App* verb = line.app.add_subcommand(
        "sweep", "Run all points of a study in parallel; the same command goes on where it was stopped");
    verb->add_option("study", arguments->study, "study file (TOML) with a table [sweep]")->required();
    verb->add_option("-o,--output", arguments->output,
                     "result (HDF5); the study's name with .h5 unless given");
    verb->add_flag(
        "--dry-run", arguments->dry_run,
        "only say how many points there are, and what they will take, from a few that are computed");
    verb->add_option("--probe-seconds", arguments->probe_seconds, "how long --dry-run may compute")
        ->check(positive())
        ->capture_default_str();
    verb->add_option("--print-point", arguments->print_point,
                     "only print the study at this point, for `ohmloom run`")
        ->check(at_least(0));
    verb->add_option("--threads", arguments->threads, "threads to use; 0 for all")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--cache", arguments->cache_mib, "memory for what points share [MiB]")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--shard", arguments->shard,
                     "only the i-th of n equal parts, as 3/16; `ohmloom merge` joins them all");
    verb->add_flag("--wait", arguments->wait,
                   "wait while another process works on the same points, instead of refusing");
    verb->add_flag(
        "--status", arguments->status,
        "only print how far the sweep, or the shard, has come; exit status 0 if all points are there");
    add_slurm_options(*verb, *arguments);
    verb->add_flag("--extend", arguments->extend,
                   "the study was changed since: keep the points that both have, compute the others");
    verb->add_flag("--json", arguments->json, "print the summary as JSON");
    verb->footer("Example:\n  ohmloom sweep examples/wire-sweep.toml -o wires.h5\n\n"
                 "Ctrl-C stops after the points in flight, a second one at once. Exit status: 0 good, 1 "
                 "points failed, "
                 "did not converge or are missing, 2 bad input.");
    verb->callback([arguments, &line] {
        arguments->command = line.command;
        line.chosen = [arguments] { return run_sweep_verb(*arguments); };
    });
}

void add_merge_verb(CommandLine& line) {
    auto arguments = std::make_shared<SweepArguments>();
    CLI::App* verb = line.app.add_subcommand("merge", "Join the points that shards of a sweep have computed");
    verb->add_option("study", arguments->study, "study file (TOML) of the sweep")->required();
    verb->add_option("-o,--output", arguments->output, "result (HDF5), as it was given to `ohmloom sweep`");
    verb->add_flag("--wait", arguments->wait, "wait while others still compute, instead of refusing");
    verb->add_flag("--partial", arguments->partial, "join what there is, though points are missing");
    verb->add_flag("--json", arguments->json, "print the summary as JSON");
    verb->footer(
        "Example:\n  ohmloom merge examples/wire-sweep.toml -o wires.h5\n\n"
        "Exit status: 0 good, 1 points failed or did not converge, 2 bad input, or points are missing.");
    verb->callback([arguments, &line] {
        arguments->command = line.command;
        line.chosen = [arguments] { return run_merge_verb(*arguments); };
    });
}

} // namespace ohmloom::cli
