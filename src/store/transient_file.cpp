#include "store/transient_file.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace ohmloom {

namespace {

const std::string drive_schema = "ohmloom-drive-1";
const std::string result_schema = "ohmloom-transient-1";

/// One matrix per instant as one data set.
void write_instants(Hdf5Writer& writer, const std::string& path, const std::vector<Matrix<double>>& instants,
                    const std::string& unit) {
    std::vector<double> values;
    for (const Matrix<double>& instant : instants)
        values.insert(values.end(), instant.values().begin(), instant.values().end());
    const Index rows = instants.empty() ? 0 : instants.front().rows(),
                cols = instants.empty() ? 0 : instants.front().cols();
    writer.write_array<double>(path, values, {static_cast<Index>(instants.size()), rows, cols}, unit);
}

/// What devices that change add to a result.
void write_devices(Hdf5Writer& writer, const TransientResultFile& result) {
    const Index rows = result.g_initial.rows(), cols = result.g_initial.cols(), batch = result.g_final.rows();
    writer.set_attribute("/", "device", result.device);
    writer.write("/g_initial", result.g_initial, "S");
    const auto write = [&](const char* path, const Matrix<double>& of, const char* unit) {
        writer.write_array<double>(path, of.values(), {batch, rows, cols}, unit);
    };
    write("/g_final", result.g_final, "S");
    write("/cell_energy", result.cell_energy, "J");
    if (result.g.empty()) return;
    std::vector<double> values;
    for (const Matrix<double>& instant : result.g)
        values.insert(values.end(), instant.values().begin(), instant.values().end());
    writer.write_array<double>("/g", values, {static_cast<Index>(result.g.size()), batch, rows, cols}, "S");
}

} // namespace

DriveFile read_drive_file(const std::filesystem::path& file, Index rows, Index batch) {
    const Hdf5Reader reader(file);
    reader.require_schema(drive_schema);
    reader.require_only("/", {"t", "curve"});
    DriveFile drive;
    drive.t = reader.read_vector("/t", "s");
    Hdf5Array curve = reader.read_array("/curve", "1");
    const auto points = static_cast<Index>(drive.t.size());
    if (curve.shape == Shape{points}) {
        drive.rows = drive.batch = 1;
    } else if (curve.shape == Shape{rows, points}) {
        drive.rows = rows;
    } else if (curve.shape == Shape{batch, rows, points}) {
        drive.rows = rows;
        drive.batch = batch;
    } else {
        throw FileError(fmt::format(
            "{}: data set /curve has shape {}, expected [{}] (one curve for all rows), [{} x {}] (one per "
            "row) or [{} x {} x {}] (one per input vector and row)",
            file.string(), to_string(curve.shape), points, rows, points, batch, rows, points));
    }
    drive.curves = Matrix<double>(drive.batch * drive.rows, points, std::move(curve.values));
    return drive;
}

void write_transient_result(const TransientResultFile& result, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", result_schema);
    writer.set_attribute("/", "version", result.version);
    writer.set_attribute("/", "engine", result.engine);
    writer.set_attribute("/", "steps", static_cast<std::int64_t>(result.steps));
    writer.set_attribute("/", "rejected", static_cast<std::int64_t>(result.rejected));
    writer.write("/times", result.times, "s");
    write_instants(writer, "/i_col", result.i_col, "A");
    write_instants(writer, "/i_row", result.i_row, "A");
    write_instants(writer, "/charge_col", result.charge_col, "C");
    write_instants(writer, "/charge_row", result.charge_row, "C");
    writer.write("/settled", result.settled, "s");
    writer.write("/i_final", result.i_final, "A");
    writer.write("/energy", result.energy, "J");
    writer.write("/residual", result.residual, "1");
    writer.write("/status", result.status, "1");
    if (!result.device.empty()) write_devices(writer, result);
    writer.commit();
}

} // namespace ohmloom
