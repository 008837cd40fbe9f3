#include "study/calibration_images.hpp"

#include "study/shared_inputs.hpp"

#include <algorithm>

namespace ohmloom {

Matrix<double> calibration_inputs(const Study& study, const DataSet& data, const Network& network,
                                  Index count) {
    if (study.calibration_set == study.data_set)
        return encode_inputs(data, network.input, 0, std::min(count, data.count()));
    const auto calibration = shared_data_set(study, study.calibration_set);
    return encode_inputs(*calibration, network.input, 0, std::min(count, calibration->count()));
}

} // namespace ohmloom
