#include "solver/circuit_solver.hpp"

#include "solver/circuit_transient.hpp"
#include "solver/dc_sweep.hpp"
#include "solver/device_report.hpp"
#include "solver/nodal_system.hpp"
#include "solver/operating_point.hpp"
#include "solver/small_signal.hpp"

namespace ohmloom {

CircuitSolver::CircuitSolver(const Circuit& circuit, const CircuitSolveOptions& options)
    : system_(std::make_unique<NodalSystem>(circuit, options)) {}
CircuitSolver::~CircuitSolver() = default;
CircuitSolver::CircuitSolver(CircuitSolver&&) noexcept = default;
CircuitSolver& CircuitSolver::operator=(CircuitSolver&&) noexcept = default;

Waveforms CircuitSolver::operating_point() {
    return ohmloom::operating_point(*system_);
}
Waveforms CircuitSolver::sweep(const DcAnalysis& analysis) {
    return ohmloom::sweep(*system_, analysis);
}
Waveforms CircuitSolver::small_signal(const AcAnalysis& analysis) {
    return ohmloom::small_signal(*system_, analysis);
}
Waveforms CircuitSolver::transient(const TransientAnalysis& analysis,
                                   const CircuitTransientOptions& options) {
    return ohmloom::transient(*system_, analysis, options);
}
std::vector<DeviceReport> CircuitSolver::report() const {
    return device_report(*system_);
}

} // namespace ohmloom
