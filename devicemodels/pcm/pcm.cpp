#include "devicemodels/pcm/accumulation_device.hpp"
#include "devicemodels/pcm/statistical_device.hpp"
#include "devicemodels/pcm/step_device.hpp"

namespace ohmloom {

std::vector<DeviceKind> pcm_kinds() {
    return {statistical_pcm_kind(), accumulation_pcm_kind(), step_pcm_kind()};
}

} // namespace ohmloom
