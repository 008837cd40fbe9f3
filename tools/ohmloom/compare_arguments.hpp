#pragma once

#include "study/paired_outcomes.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// What `ohmloom compare` takes.
struct CompareArguments {
    std::string first, second;
    double level = 0.05;
    std::vector<std::string> ignored; ///< axes of sweeps
    bool check = false, json = false;
};

/// Whether the second is significantly less accurate; `adjusted` as PairedOutcomes' probability is among all that are compared.
bool is_worse(const PairedOutcomes& outcomes, double adjusted, double level);
bool is_better(const PairedOutcomes& outcomes, double adjusted, double level);

/// "96.10 % -> 93.20 %: -2.90 (95 %: -3.40 to -2.40) points"
std::string accuracy_text(const PairedOutcomes& outcomes, const Accuracy& difference);

/// "1.2e-05 -> 1.3e-05 W (+8.3 %)"
std::string change_text(std::span<const double> first, std::span<const double> second,
                        const std::string& unit);

/// Outcomes and what they say of accuracy, as both kinds of comparison print them.
nlohmann::json outcomes_json(const PairedOutcomes& outcomes, const Accuracy& difference, double probability,
                             double adjusted);

/// Compares two results of which at least one is a sweep's, and prints that. @return exit status
int compare_as_sweeps(const CompareArguments& arguments);

} // namespace ohmloom::cli
