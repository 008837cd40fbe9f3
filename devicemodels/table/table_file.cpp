#include "devicemodels/table/table_file.hpp"

#include "base/errors.hpp"
#include "store/csv_numbers.hpp"
#include "store/hdf5.hpp"
#include "store/sealed_file.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace ohmloom {

namespace {

CurrentTable read_csv(const std::filesystem::path& file) {
    const std::vector<std::vector<double>> lines =
        read_csv_numbers(file, "a voltage and one current per state");
    std::vector<double> v;
    Matrix<double> i(static_cast<Index>(lines.front().size()) - 1, static_cast<Index>(lines.size()));
    for (std::size_t k = 0; k < lines.size(); ++k) {
        v.push_back(lines[k].front());
        for (Index s = 0; s < i.rows(); ++s)
            i(s, static_cast<Index>(k)) = lines[k][static_cast<std::size_t>(s) + 1];
    }
    return make_current_table(std::move(v), std::move(i));
}

/// The table of kind iv of a file that `ohmloom lut device` made: current over voltage and state.
CurrentTable read_lut(const Hdf5Reader& reader) {
    for (const std::string& name : reader.children("/")) {
        const std::string group = "/" + name;
        if (!reader.has_attribute(group, "kind") || reader.attribute_text(group, "kind") != "iv") continue;
        const Matrix<double> current = reader.read_matrix(group + "/arrays/current", "A");
        Matrix<double> i(current.cols(), current.rows());
        for (Index k = 0; k < current.rows(); ++k) {
            for (Index s = 0; s < current.cols(); ++s) i(s, k) = current(k, s);
        }
        return make_current_table(reader.read_vector(group + "/axes/voltage", "V"), std::move(i));
    }
    throw InputError(fmt::format("{}: holds no table of a device's currents: expected one of kind iv, which "
                                 "`ohmloom lut device` makes",
                                 reader.file().string()));
}

} // namespace

CurrentTable read_current_table(const std::filesystem::path& file) {
    try {
        if (file.extension() == ".csv") return read_csv(file);
        const Hdf5Reader reader(file);
        if (reader.has_attribute("/", "schema") && reader.attribute_text("/", "schema") == "ohmloom-lut-1") {
            require_sealed(file);
            return read_lut(reader);
        }
        return make_current_table(reader.read_vector("/v", "V"), reader.read_matrix("/i", "A"));
    } catch (const InputError& error) {
        const std::string message = error.what();
        if (message.starts_with(file.string())) throw;
        throw InputError(fmt::format("{}: {}", file.string(), message));
    }
}

} // namespace ohmloom
