#include "array/device_array.hpp"

#include "base/parallel.hpp"

namespace ohmloom {

void make_devices(DeviceArray& devices, const Matrix<double>& initial) {
    // Fresh is event 0, programming begins with event 1.
    const ProgrammingScheme careful{Programming::write_verify, 1e-3, static_cast<int>(first_free_event) - 1};
    parallel_for(devices.state.rows(), [&](Index r) {
        for (Index l = 0; l < devices.state.cols(); ++l) {
            if (devices.present(r, l) == 0) continue;
            const DeviceDraws draws = devices.draws(r, l);
            DeviceState& state = devices.state(r, l);
            state = devices.model->fresh(draws);
            if (!initial.empty() && initial(r, l) != 0.0)
                state = devices.model->program(state, initial(r, l), careful, draws, 1).state;
        }
    });
}

} // namespace ohmloom
