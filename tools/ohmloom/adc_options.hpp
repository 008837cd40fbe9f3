#pragma once

#include "study/adc_table.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// The keys of an [adc] table as options of a verb, one for one: curve_strength is --curve-strength.
class AdcOptions {
public:
    void add_to(CLI::App& verb);
    /// The converter that the options describe. Mistakes are named by their option.
    [[nodiscard]] StudyAdc read() const;
    /// The first option that was given, "" if none was.
    [[nodiscard]] std::string first_given() const;

private:
    /// What was given for a key; CLI11 keeps pointers to it.
    struct Given {
        AdcKey key;
        CLI::Option* option = nullptr;
        std::vector<std::string> words;
        long whole = 0;
    };
    [[nodiscard]] std::string toml_of(const Given& given) const;

    std::vector<std::unique_ptr<Given>> given_;
};

} // namespace ohmloom::cli
