#include "study/calibration_images.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace ohmloom {

Matrix<double> calibration_inputs(const Study& study, const DataSet& data, const Network& network,
                                  Index count) {
    if (study.calibration_set == study.data_set)
        return encode_inputs(data, network.input, 0, std::min(count, data.count()));
    const std::vector<std::filesystem::path> search{study.file.parent_path()};
    const DataSet calibration = read_dataset(study.calibration_set, search);
    return encode_inputs(calibration, network.input, 0, std::min(count, calibration.count()));
}

} // namespace ohmloom
