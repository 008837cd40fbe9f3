#include "devicemodels/cbram/ecm_device.hpp"
#include "devicemodels/cbram/pheno_device.hpp"

namespace ohmloom {

std::vector<DeviceKind> cbram_kinds() {
    return {pheno_kind(), ecm_kind()};
}

} // namespace ohmloom
