#include "store/written_file.hpp"

#include "store/hdf5.hpp"

namespace ohmloom {

void write_written_file(const WrittenFile& written, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-written-1");
    writer.set_attribute("/", "version", written.version);
    writer.set_attribute("/", "device", written.device);
    writer.set_attribute("/", "scheme", written.scheme);
    writer.write("/initial", written.initial, "S");
    writer.write("/target", written.target, "S");
    writer.write("/verified", written.verified, "S");
    writer.write("/g", written.g, "S");
    writer.write("/disturb", written.disturb, "S");
    writer.write("/pulses", written.pulses, "1");
    writer.write("/reached", written.reached, "1");
    writer.write("/met", written.met, "1");
    writer.write("/cell_energy", written.cell_energy, "J");
    writer.write("/energy/sources", written.energy_sources, "J");
    writer.write("/energy/cells", written.energy_cells, "J");
    writer.write("/energy/wires", written.energy_wires, "J");
    writer.write("/energy/drivers", written.energy_drivers, "J");
    writer.write("/time", written.time, "s");
    writer.write("/slowest_line", written.slowest_line, "s");
    writer.write("/array_pulses", written.array_pulses, "1");
    writer.commit();
}

} // namespace ohmloom
