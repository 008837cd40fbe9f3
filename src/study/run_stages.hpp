#pragma once

#include "study/study_file.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// What a run of a study computes before images come, stage by stage. What has equal names is computed once by runs that share their results
/// (Study::shared); names are those of the study's values, not of the cache's contents.
struct RunStages {
    std::vector<std::string> data_sets;
    std::vector<std::string> networks;   ///< one per device and scheme, as all that follow
    std::vector<std::string> partitions; ///< of a network
    std::vector<std::string> programmed; ///< one per layer of devices that are programmed
    std::vector<std::string> solved;     ///< one per layer that is solved once for all images
    Index solved_by_image =
        0; ///< layers that are not: of cells that are not linear, or arrays that compute in charge
};

/// Works out nothing but names; networks are read, for their layers' shapes.
/// @throws FileError, InputError as run_study() does for a network, its partition, gains or devices.
RunStages run_stages(const Study& study);

} // namespace ohmloom
