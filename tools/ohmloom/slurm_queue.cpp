#include "slurm_queue.hpp"

#include "base/errors.hpp"
#include "network/child_process.hpp"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

namespace ohmloom::cli {

namespace {

/// Lines "task|state|where" of a job's tasks that are not done; a job that Slurm has forgotten has none.
std::string queue_lines(const std::string& job, SlurmQueue& queue) {
    if (job.empty()) return "";
    ChildResult said;
    try {
        said = run_child({"squeue", "--noheader", "--array", "--jobs=" + job, "--format=%K|%T|%R"}, ".");
    } catch (const BackendError& error) {
        queue.problem = error.what();
        return "";
    }
    queue.known = said.status == 0 || said.error_text.find("Invalid job id") != std::string::npos;
    if (!queue.known) queue.problem = "squeue: " + said.error_text;
    return said.output;
}

struct QueueLine {
    std::string task;
    QueuedJob job;
};

std::vector<QueueLine> read_lines(const std::string& text) {
    std::vector<QueueLine> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        const std::size_t first = line.find('|');
        const std::size_t second = line.find('|', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        lines.push_back(
            {line.substr(0, first), {line.substr(first + 1, second - first - 1), line.substr(second + 1)}});
    }
    return lines;
}

} // namespace

SlurmQueue ask_queue(const SlurmSubmission& submission) {
    SlurmQueue queue;
    for (const QueueLine& line : read_lines(queue_lines(submission.array_job, queue))) {
        Index task = 0;
        if (std::from_chars(line.task.data(), line.task.data() + line.task.size(), task).ec == std::errc())
            queue.chunks[task] = line.job;
    }
    if (!queue.known) return queue;
    for (const QueueLine& line : read_lines(queue_lines(submission.merge_job, queue))) {
        queue.merge_queued = true;
        queue.merge = line.job;
    }
    return queue;
}

std::string submit_script(const std::filesystem::path& script, const std::vector<std::string>& options) {
    std::vector<std::string> command{"sbatch", "--parsable"};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back(script.string());
    ChildResult said;
    try {
        said = run_child(command, ".");
    } catch (const BackendError& error) {
        throw InputError(fmt::format("{}: --slurm needs Slurm's commands here; without Slurm, run shards by "
                                     "hand with --shard i/n and join them with `ohmloom merge`",
                                     error.what()));
    }
    if (said.status != 0)
        throw InputError(fmt::format("{}: Slurm does not take it: {}", script.string(), said.error_text));
    // "number" or "number;cluster"
    return said.output.substr(0, said.output.find_first_of(";\n"));
}

} // namespace ohmloom::cli
