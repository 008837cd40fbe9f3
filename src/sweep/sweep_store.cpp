#include "sweep/sweep_store.hpp"

#include "base/errors.hpp"
#include "store/file_lock.hpp"
#include "store/readable_file.hpp"
#include "store/toml_document.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view study_name = "study.toml";
constexpr std::string_view version_name = "version";
constexpr std::string_view record_suffix = ".records";
constexpr std::size_t largest_file = std::size_t{64} << 20U; ///< [bytes] then a new one begins
/// How long points wait for others before they are synced together: a sync takes as long as a small point.
constexpr std::chrono::milliseconds gathering{10};
/// Points that a power cut may take: no more than a disk that is slow for a moment asks for.
constexpr std::size_t most_unsynced = 256;

std::vector<std::filesystem::path> record_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == record_suffix) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

/// Names of a shard's files begin alike and are numbered.
std::string shard_name(const SweepShard& shard) {
    return fmt::format("{:06}-of-{:06}", shard.index + 1, shard.count);
}

std::filesystem::path new_record_file(const std::filesystem::path& folder, const SweepShard& shard) {
    for (int number = 1;; ++number) {
        std::filesystem::path file =
            folder / fmt::format("{}-{:06}{}", shard_name(shard), number, record_suffix);
        if (!std::filesystem::exists(file)) return file;
    }
}

/// Whether a file may hold points of a shard. Other shards of as many never compute them, and may be writing just now; shards of another
/// division may have.
bool may_concern(const std::filesystem::path& file, const SweepShard& shard) {
    const std::string name = file.filename().string(), own = shard_name(shard);
    const std::string division = own.substr(own.find("-of-"));
    return name.starts_with(own) || name.find(division) == std::string::npos;
}

std::vector<RecordDamage> read_files(const std::vector<std::filesystem::path>& files,
                                     const std::function<void(PointRecord)>& take) {
    std::vector<RecordDamage> damages;
    for (const std::filesystem::path& file : files) {
        RecordDecoder decoder;
        std::vector<RecordDamage> found = read_records(file, [&](std::span<const std::uint8_t> record) {
            if (std::optional<PointRecord> point = decoder.decode(record)) take(std::move(*point));
        });
        std::ranges::move(found, std::back_inserter(damages));
    }
    return damages;
}

/// Refuses a folder that was begun for another study.
void require_same_study(const std::filesystem::path& folder, const SweepPlan& plan,
                        const std::string& version) {
    const std::string difference = study_difference(read_text_file(folder / study_name), plan.text);
    if (!difference.empty())
        throw InputError(
            fmt::format("{}: begun for another study; since then: {}; give the old study, --extend to "
                        "keep the points that both have, or another result file",
                        folder.string(), difference));
    const std::string before = read_text_file(folder / version_name);
    if (before != version)
        throw InputError(
            fmt::format("{}: begun by ohmloom {}, this is {}: results may differ; go on with that "
                        "version, or --extend to compute all points anew",
                        folder.string(), before, version));
}

} // namespace

struct SweepStore::State {
    std::filesystem::path folder;
    SweepShard shard;
    std::optional<FileLock> folder_lock, shard_lock;
    std::set<std::string> known;
    std::vector<RecordDamage> damages;

    std::mutex mutex; ///< of all that follows
    std::condition_variable changed;
    std::shared_ptr<RecordWriter> file; ///< none before the first point
    RecordEncoder encoder;
    std::size_t unsynced = 0; ///< points that are in the file, but perhaps not on the disk
    bool hurry = false, closing = false;
    std::exception_ptr failure;
    std::thread syncing;

    void write(const PointRecord& point) {
        if (!file || file->bytes() > largest_file) {
            if (file) file->sync();
            encoder = {};
            file = std::make_shared<RecordWriter>(new_record_file(folder, shard));
        }
        for (const std::vector<std::uint8_t>& record : encoder.encode(point)) file->append(record);
        file->write();
    }

    /// The syncing thread: lets points gather for a moment, brings them to the disk together, and looks again.
    void sync_until_closed() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return closing || unsynced > 0; });
            if (unsynced == 0) return;
            changed.wait_for(lock, gathering,
                             [&] { return closing || hurry || unsynced >= most_unsynced / 2; });
            const std::size_t count = unsynced;
            const std::shared_ptr<RecordWriter> written = file; // a file before it was synced at its end
            lock.unlock();
            std::exception_ptr failed;
            try {
                written->sync();
            } catch (...) {
                failed = std::current_exception();
            }
            lock.lock();
            if (failed) failure = failed;
            unsynced -= count;
            changed.notify_all();
            if (failed) return;
        }
    }
};

SweepStore::SweepStore(const std::filesystem::path& result, const SweepPlan& plan, const std::string& version,
                       const SweepShard& shard, bool extend)
    : state_(std::make_unique<State>()) {
    state_->folder = parts_folder(result);
    state_->shard = shard;
    require_writable(result);
    std::error_code failed;
    std::filesystem::create_directory(state_->folder, failed);
    if (failed)
        throw FileError(
            fmt::format("{}: cannot make the folder: {}", state_->folder.string(), failed.message()));
    // Shards share the folder; a process that does everything wants it alone.
    state_->folder_lock.emplace(state_->folder / "lock",
                                shard.count > 1 ? FileLock::Kind::shared : FileLock::Kind::alone);
    state_->shard_lock.emplace(state_->folder / (shard_name(shard) + ".lock"), FileLock::Kind::alone);
    if (std::filesystem::exists(state_->folder / study_name) && !extend) {
        require_same_study(state_->folder, plan, version);
    } else {
        write_text_file(state_->folder / version_name, version);
        write_text_file(state_->folder / study_name, plan.text);
    }
    std::vector<std::filesystem::path> files = record_files(state_->folder);
    // In a study that was changed points have other numbers, so that any file may hold any of them.
    if (!extend) std::erase_if(files, [&](const auto& file) { return !may_concern(file, shard); });
    state_->damages = read_files(files, [&](const PointRecord& point) { state_->known.insert(point.key); });
    state_->syncing = std::thread([state = state_.get()] { state->sync_until_closed(); });
}

SweepStore::~SweepStore() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->closing = true;
    }
    state_->changed.notify_all();
    if (state_->syncing.joinable()) state_->syncing.join();
}

const std::set<std::string>& SweepStore::known() const {
    return state_->known;
}

const std::vector<RecordDamage>& SweepStore::damages() const {
    return state_->damages;
}

void SweepStore::add(const PointRecord& point) {
    State& state = *state_;
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.failure || state.unsynced < most_unsynced; });
    if (state.failure) std::rethrow_exception(state.failure);
    try {
        state.write(point);
    } catch (...) {
        state.failure = std::current_exception();
        state.changed.notify_all();
        throw;
    }
    ++state.unsynced;
    if (state.unsynced == 1 || state.unsynced == most_unsynced / 2) state.changed.notify_all();
}

void SweepStore::add_known(const PointRecord& point) {
    add(point);
    state_->known.insert(point.key);
}

void SweepStore::flush() {
    State& state = *state_;
    std::unique_lock lock(state.mutex);
    state.hurry = true;
    state.changed.notify_all();
    state.changed.wait(lock, [&] { return state.failure || state.unsynced == 0; });
    state.hurry = false;
    if (state.failure) std::rethrow_exception(state.failure);
}

std::filesystem::path parts_folder(const std::filesystem::path& result) {
    return result.string() + ".parts";
}

std::vector<RecordDamage> read_parts(const std::filesystem::path& folder,
                                     const std::function<void(PointRecord)>& take) {
    return read_files(record_files(folder), take);
}

std::string study_difference(const std::string& before, const std::string& now, std::size_t most_lines) {
    std::map<std::string, std::pair<std::string, std::string>> keys;
    for (const TomlDocument::Entry& entry : TomlDocument::parse(before, "the study before").entries())
        keys[entry.path].first = entry.value;
    for (const TomlDocument::Entry& entry : TomlDocument::parse(now, "the study now").entries())
        keys[entry.path].second = entry.value;
    std::vector<std::string> lines;
    for (const auto& [key, values] : keys) {
        const auto& [old_value, new_value] = values;
        if (old_value == new_value) continue;
        lines.push_back(fmt::format("{} {} -> {}", key, old_value.empty() ? "(none)" : old_value,
                                    new_value.empty() ? "(none)" : new_value));
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(lines.size(), most_lines); ++i)
        text += (i == 0 ? "" : ", ") + lines[i];
    if (lines.size() > most_lines) text += fmt::format(" and {} more", lines.size() - most_lines);
    return text;
}

} // namespace ohmloom
