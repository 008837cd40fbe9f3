#pragma once

#include "network/dataset.hpp"
#include "network/network.hpp"
#include "study/study_file.hpp"

namespace ohmloom {

/// Inputs [images x inputs] of the first `count` images of the set that a study sets its converters and tables by, or of all if it has fewer.
/// `data` is the study's data set, which is that set unless the study names another.
Matrix<double> calibration_inputs(const Study& study, const DataSet& data, const Network& network,
                                  Index count);

} // namespace ohmloom
