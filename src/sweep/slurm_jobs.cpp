#include "sweep/slurm_jobs.hpp"

#include "base/errors.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace ohmloom {

namespace {

constexpr const char* submission_name = "jobs.json";

/// A word of a shell script.
std::string shell_word(const std::string& text) {
    std::string word(1, '\'');
    for (const char c : text) {
        if (c == '\'')
            word += "'\\''";
        else
            word += c;
    }
    return word + '\'';
}

/// A path where sbatch takes "%" as the beginning of a pattern.
std::string without_patterns(const std::filesystem::path& path) {
    std::string text;
    for (const char c : path.string()) text.append(c == '%' ? 2 : 1, c);
    return text;
}

/// A line that sbatch reads as one option, whatever it holds.
std::string sbatch_line(const std::string& option) {
    if (option.find_first_of(" \t\"'\\#") == std::string::npos) return fmt::format("#SBATCH {}\n", option);
    std::string word;
    for (const char c : option) {
        if (c == '"' || c == '\\') word += '\\';
        word += c;
    }
    return fmt::format("#SBATCH \"{}\"\n", word);
}

/// Lines that all jobs have.
std::string common_lines(const SlurmJobs& jobs) {
    std::string text = sbatch_line(fmt::format("--chdir={}", jobs.working.string())) +
                       sbatch_line("--nodes=1") + sbatch_line("--ntasks=1") + sbatch_line("--requeue") +
                       sbatch_line("--open-mode=append");
    if (!jobs.partition.empty()) text += sbatch_line("--partition=" + jobs.partition);
    for (const std::string& option : jobs.options) text += sbatch_line(option);
    return text;
}

/// The shell's variables for what the program is given.
std::string variables(const SlurmJobs& jobs) {
    return fmt::format("\nohmloom={}\nstudy={}\nresult={}\nfolder={}\n", shell_word(jobs.program.string()),
                       shell_word(jobs.study.string()), shell_word(jobs.result.string()),
                       shell_word(jobs.folder.string()));
}

/// What follows the variables in every task of the array. The program takes a second signal as "at once", and Slurm may send
/// SIGTERM to the shell alone or to all processes: so the program does not hear it, and the shell passes it on as SIGHUP, once.
constexpr const char* task_body = R"sh(failures=$folder/failures/$SLURM_ARRAY_TASK_ID

progress() { "$ohmloom" sweep "$study" -o "$result" --shard "$chunk" --status; }

before=$(progress)
stopped=no
(
    trap '' TERM
    exec "$ohmloom" sweep "$study" -o "$result" --shard "$chunk" --wait --threads "$threads" --cache "$cache"
) &
child=$!
trap 'stopped=yes; kill -HUP "$child" 2>/dev/null' TERM
wait "$child"
status=$?
while kill -0 "$child" 2>/dev/null; do # a signal ended only the waiting
    wait "$child"
    status=$?
done
after=$(progress) && exit "$status" # all points are there, good or bad

if [ "$stopped" = no ] || [ "$before" = "$after" ]; then
    echo "$(date +%Y-%m-%dT%H:%M:%S) node $SLURMD_NODENAME, exit status $status: $after" >>"$failures"
    if [ "$(wc -l <"$failures")" -gt "$retries" ]; then
        echo "chunk $chunk: given up after $retries retries" >&2
        exit 1
    fi
fi
echo "chunk $chunk: exit status $status with points missing: queued again" >&2
# The number of the array's last task alone would stand for the whole array.
scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && exit "$status"
echo "$(date +%Y-%m-%dT%H:%M:%S) node $SLURMD_NODENAME: Slurm refused to queue it again" >>"$failures"
exit 1
)sh";

constexpr const char* merge_body = R"sh("$ohmloom" merge "$study" -o "$result" --wait
status=$?
[ "$status" -eq 0 ] || "$ohmloom" sweep "$study" -o "$result" --status
exit "$status"
)sh";

} // namespace

std::string number_ranges(std::span<const Index> numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t end = i + 1;
        while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
        text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
        if (end > i + 1) text += fmt::format("-{}", numbers[end - 1]);
        i = end;
    }
    return text;
}

std::string array_script(const SlurmJobs& jobs) {
    const std::string at_a_time = jobs.nodes > 0 ? fmt::format("%{}", jobs.nodes) : "";
    std::string text = "#!/bin/sh\n# The points of a sweep, a chunk in every task.\n";
    text += common_lines(jobs);
    text += sbatch_line("--job-name=ohmloom-sweep");
    text += sbatch_line(fmt::format("--array={}{}", number_ranges(jobs.open), at_a_time));
    text += sbatch_line(fmt::format("--output={}/chunk-%a.log", without_patterns(jobs.folder / "logs")));
    // A minute before the time limit: points in flight come to their end, the others wait for the next run.
    text += sbatch_line("--signal=B:TERM@60");
    text += sbatch_line(jobs.threads > 0 ? fmt::format("--cpus-per-task={}", jobs.threads) : "--exclusive");
    if (!jobs.time.empty()) text += sbatch_line("--time=" + jobs.time);
    text += variables(jobs);
    text += fmt::format("chunk=$SLURM_ARRAY_TASK_ID/{}\nthreads={}\ncache={}\nretries={}\n", jobs.chunks,
                        jobs.threads, jobs.cache_mib, jobs.retries);
    return text + task_body;
}

std::string merge_script(const SlurmJobs& jobs) {
    std::string text = "#!/bin/sh\n# Joins the points of a sweep.\n";
    text += common_lines(jobs);
    text += sbatch_line("--job-name=ohmloom-merge");
    text += sbatch_line(fmt::format("--output={}", without_patterns(merge_log(jobs.result))));
    return text + variables(jobs) + merge_body;
}

std::filesystem::path slurm_folder(const std::filesystem::path& parts) {
    return parts / "slurm";
}

std::filesystem::path merge_log(const std::filesystem::path& result) {
    return result.string() + ".merge.log";
}

void write_submission(const std::filesystem::path& folder, const SlurmSubmission& submission) {
    write_text_file(folder / submission_name, nlohmann::json({{"chunks", submission.chunks},
                                                              {"retries", submission.retries},
                                                              {"array_job", submission.array_job},
                                                              {"merge_job", submission.merge_job}})
                                                      .dump(2) +
                                                  '\n');
}

std::optional<SlurmSubmission> read_submission(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / submission_name;
    std::ifstream stream(file);
    if (!stream) return std::nullopt;
    try {
        const nlohmann::json read = nlohmann::json::parse(stream);
        return SlurmSubmission{read.at("chunks").get<Index>(), read.at("retries").get<Index>(),
                               read.at("array_job").get<std::string>(),
                               read.at("merge_job").get<std::string>()};
    } catch (const nlohmann::json::exception& error) {
        throw FileError(fmt::format("{}: not the jobs of a sweep: {}", file.string(), error.what()));
    }
}

std::vector<std::string> chunk_failures(const std::filesystem::path& folder, Index chunk) {
    std::ifstream stream(folder / "failures" / std::to_string(chunk));
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

} // namespace ohmloom
