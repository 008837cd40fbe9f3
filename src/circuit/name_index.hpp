#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Finds names that are kept elsewhere, in a list, by their place in it. Eight bytes per slot and neighbouring probes:
/// a circuit of millions of names is looked up in about one cache miss each.
///
/// `name_at(place)` gives the name at a place of the list, in all functions the same one.
class NameIndex {
public:
    template <class NameAt>
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name, const NameAt& name_at) const {
        if (slots_.empty()) return std::nullopt;
        const std::uint32_t hash = hash_of(name);
        for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
            const Slot& slot = slots_[i];
            if (slot.place == empty) return std::nullopt;
            if (slot.hash == hash && name_at(slot.place) == name) return slot.place;
        }
    }

    /// Makes room for so many names in all.
    void reserve(std::size_t names) {
        while (2 * names > slots_.size()) grow();
    }

    /// Adds a name that find() does not know, for the place it will have in the list.
    void insert(std::string_view name, std::size_t place) {
        if (2 * (count_ + 1) > slots_.size()) grow();
        put({hash_of(name), static_cast<std::uint32_t>(place)});
        ++count_;
    }

private:
    static constexpr std::uint32_t empty = 0xffffffff;
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t place = empty;
    };

    static std::uint32_t hash_of(std::string_view name) {
        const auto hash = static_cast<std::uint64_t>(std::hash<std::string_view>{}(name));
        return static_cast<std::uint32_t>(hash ^ (hash >> 32));
    }
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

    void put(const Slot& slot) {
        std::size_t i = slot.hash & mask();
        while (slots_[i].place != empty) i = (i + 1) & mask();
        slots_[i] = slot;
    }

    void grow() {
        constexpr std::size_t smallest = 16;
        std::vector<Slot> old(slots_.empty() ? smallest : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.place != empty) put(slot);
        }
    }

    std::vector<Slot> slots_;
    std::size_t count_ = 0;
};

} // namespace ohmloom
