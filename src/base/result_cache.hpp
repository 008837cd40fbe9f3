#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace ohmloom {

/// Results that many computations share: made once, however many ask for them at the same time, and kept while there is room.
/// What was asked for the longest time ago goes first; whoever still holds a result keeps it.
/// Thread-safe. A computation that waits for another's result must not be one that the other needs.
class ResultCache {
public:
    explicit ResultCache(std::size_t bytes); ///< room for so much
    ~ResultCache();
    ResultCache(const ResultCache&) = delete;
    ResultCache& operator=(const ResultCache&) = delete;

    /// The result of that name, from `make` if it is not here. `bytes` tells how much memory one takes. A name must stand for
    /// everything that decides the result, its type included. What `make` throws goes to all who asked, and nothing is kept.
    template <class T>
    std::shared_ptr<const T> get(const std::string& name, const std::function<T()>& make,
                                 const std::function<std::size_t(const T&)>& bytes) {
        const auto made = [&] {
            auto result = std::make_shared<const T>(make());
            const std::size_t size = bytes(*result);
            return Sized{std::move(result), size};
        };
        return std::static_pointer_cast<const T>(get_any(name, made));
    }

    /// What the cache was good for.
    struct Use {
        long made = 0;         ///< results that had to be computed
        long found = 0;        ///< that were here, or on their way
        std::size_t bytes = 0; ///< kept now
    };
    [[nodiscard]] Use use() const;

private:
    struct Sized {
        std::shared_ptr<const void> result;
        std::size_t bytes = 0;
    };
    std::shared_ptr<const void> get_any(const std::string& name, const std::function<Sized()>& make);

    struct State;
    std::unique_ptr<State> state_;
};

} // namespace ohmloom
