#include "base/result_cache.hpp"

#include "base/parallel.hpp"

#include <future>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace ohmloom {

struct ResultCache::State {
    struct Entry {
        std::shared_future<std::shared_ptr<const void>> result;
        std::size_t bytes = 0;                     ///< 0 while it is being made
        std::list<std::string>::iterator by_age{}; ///< set once it is made
        bool made = false;
    };

    mutable std::mutex mutex;
    std::size_t room;
    Use use;
    std::unordered_map<std::string, Entry> entries;
    std::list<std::string> ages; ///< names of results that are here, the longest unused first

    void touch(Entry& entry) {
        if (entry.made) ages.splice(ages.end(), ages, entry.by_age);
    }

    void make_room() {
        while (use.bytes > room && !ages.empty()) {
            const auto oldest = entries.find(ages.front());
            use.bytes -= oldest->second.bytes;
            entries.erase(oldest);
            ages.pop_front();
        }
    }
};

ResultCache::ResultCache(std::size_t bytes) : state_(std::make_unique<State>()) {
    state_->room = bytes;
}

ResultCache::~ResultCache() = default;

ResultCache::Use ResultCache::use() const {
    const std::lock_guard lock(state_->mutex);
    return state_->use;
}

std::shared_ptr<const void> ResultCache::get_any(const std::string& name,
                                                 const std::function<Sized()>& make) {
    std::promise<std::shared_ptr<const void>> promise;
    std::shared_future<std::shared_ptr<const void>> at_hand;
    {
        const std::lock_guard lock(state_->mutex);
        const auto found = state_->entries.find(name);
        if (found != state_->entries.end()) {
            ++state_->use.found;
            state_->touch(found->second);
            at_hand = found->second.result;
        } else {
            ++state_->use.made;
            state_->entries[name].result = promise.get_future().share();
        }
    }
    if (at_hand.valid()) return at_hand.get();
    try {
        Sized made;
        run_isolated([&] { made = make(); }); // else loops in it could begin what waits for its result
        promise.set_value(made.result);
        const std::lock_guard lock(state_->mutex);
        State::Entry& entry = state_->entries.at(name);
        entry.bytes = made.bytes;
        entry.by_age = state_->ages.insert(state_->ages.end(), name);
        entry.made = true;
        state_->use.bytes += made.bytes;
        state_->make_room();
        return std::move(made.result);
    } catch (...) {
        promise.set_exception(std::current_exception());
        const std::lock_guard lock(state_->mutex);
        state_->entries.erase(name);
        throw;
    }
}

} // namespace ohmloom
