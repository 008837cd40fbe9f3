#include "lut/exports.hpp"

#include "base/errors.hpp"
#include "lut/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace ohmloom {

namespace {

/// Calls `visit(indices, value)` for every number of an array.
template <class Visit>
void for_each_number(const LutArray& array, const Visit& visit) {
    std::vector<Index> indices(array.shape.size(), 0);
    for (const double value : array.values) {
        visit(indices, value);
        for (std::size_t d = indices.size(); d-- > 0;) {
            if (++indices[d] < array.shape[d]) break;
            indices[d] = 0;
        }
    }
}

/// One module of Verilog-A with its table.
class VerilogModule {
public:
    VerilogModule(const Lut& table, const LutArray& array)
        : table_(table), array_(array), name_(fmt::format("{}_{}", table.name, array.name)) {
        for (std::size_t d = 0; d < array.dims.size(); ++d) {
            const LutAxis* axis = find_axis(table, array.dims[d]);
            // The standard wants two points of every argument; one that has one is none.
            if (axis->values.size() > 1) arguments_.push_back({axis, d});
            if (axis->rule == AxisRule::step)
                throw InputError(fmt::format(
                    "axis {} of table {} has steps: $table_model knows none; export it as spice or csv",
                    axis->name, table.name));
        }
    }

    [[nodiscard]] std::vector<ExportedFile> files() const {
        return {{name_ + ".va", module()}, {name_ + ".tbl", points()}};
    }

private:
    struct Argument {
        const LutAxis* axis;
        std::size_t dim;
    };

    [[nodiscard]] static bool is_port(const LutAxis& axis) { return axis.unit == "V" || axis.unit == "A"; }

    /// Interpolation and extrapolation of one argument.
    [[nodiscard]] static std::string control(const LutAxis& axis) {
        if (axis.rule == AxisRule::nodes) return "D";
        return axis.beyond == BeyondAxis::clamp ? "1C" : "1L";
    }

    [[nodiscard]] std::string module() const {
        const bool is_cell = table_.kind == "iv";
        std::vector<std::string> ports, controls, looked_up;
        std::string declarations;
        for (const auto& [axis, dim] : arguments_) {
            controls.push_back(control(*axis));
            const double low = axis->values.front(), high = axis->values.back();
            if (is_cell && dim == 0) {
                looked_up.emplace_back("V(top, bottom)");
            } else if (is_port(*axis)) {
                ports.push_back(axis->name);
                looked_up.push_back(fmt::format("{}({})", axis->unit, axis->name));
            } else {
                const std::string range =
                    axis->beyond == BeyondAxis::clamp ? "" : fmt::format(" from [{}:{}]", low, high);
                declarations += fmt::format("    parameter real {} = {}{}; // [{}]\n", axis->name,
                                            axis->values[axis->values.size() / 2], range, axis->unit);
                looked_up.push_back(axis->name);
            }
        }
        const std::string inputs = fmt::format("{}", fmt::join(ports, ", "));
        if (is_cell) ports.insert(ports.begin(), {"top", "bottom"});
        if (!is_cell) ports.emplace_back("out");
        std::string text = fmt::format("// {}\n// {} [{}] of table {}; between the points straight lines.\n",
                                       table_.summary, array_.name, array_.unit, table_.name);
        for (const LutError& error : table_.errors)
            if (error.of == array_.name)
                text += fmt::format("// Error against {}: largest {} {}, rms {} {}.\n", error.reference,
                                    error.largest, error.unit, error.rms, error.unit);
        text += "`include \"disciplines.vams\"\n\n";
        text += fmt::format("module {}({});\n", name_, fmt::join(ports, ", "));
        if (!inputs.empty()) text += fmt::format("    input {};\n", inputs);
        text += is_cell ? "    inout top, bottom;\n" : "    output out;\n";
        text += fmt::format("    electrical {};\n{}", fmt::join(ports, ", "), declarations);
        const std::string contributed = is_cell ? "I(top, bottom)" : array_.unit == "A" ? "I(out)" : "V(out)";
        const std::string sign = !is_cell && array_.unit == "A" ? "-" : ""; // out of the module
        text += fmt::format(
            "\n    analog begin\n        {} <+ {}$table_model({}, \"{}.tbl\", \"{}\");\n    end\nendmodule\n",
            contributed, sign, fmt::join(looked_up, ", "), name_, fmt::join(controls, ","));
        return text;
    }

    /// A line per point: the arguments, the last one fastest, and the value.
    [[nodiscard]] std::string points() const {
        std::string text = "#";
        for (const auto& [axis, dim] : arguments_) text += fmt::format(" {} [{}]", axis->name, axis->unit);
        text += fmt::format(" {} [{}]\n", array_.name, array_.unit);
        for_each_number(array_, [&](const std::vector<Index>& indices, double value) {
            for (const auto& [axis, dim] : arguments_)
                fmt::format_to(std::back_inserter(text), "{} ",
                               axis->values[static_cast<std::size_t>(indices[dim])]);
            fmt::format_to(std::back_inserter(text), "{}\n", value);
        });
        return text;
    }

    const Lut& table_;
    const LutArray& array_;
    std::string name_;
    std::vector<Argument> arguments_;
};

const LutArray& array_of(const Lut& table, std::string_view name) {
    return *find_array(table, name); // validated: tables of its kind have it
}

ExportedFile memory_states(const Lut& levels) {
    const std::vector<double>&means = array_of(levels, "mean").values,
          &sigmas = array_of(levels, "sigma").values;
    if (!std::has_single_bit(means.size()))
        throw InputError(
            fmt::format("table {} has {} levels: NeuroSim takes a power of two", levels.name, means.size()));
    std::string text = "states,mean,std\n";
    for (std::size_t k = 0; k < means.size(); ++k) text += fmt::format("{},{},{}\n", k, means[k], sigmas[k]);
    return {"mem_states.csv", text};
}

/// NeuroSim counts its ideal outputs up to 2^bits, one more than there are codes: there the converter gives its highest code.
ExportedFile output_noise(const Lut& codes) {
    const std::vector<double>&means = array_of(codes, "mean").values,
          &sigmas = array_of(codes, "sigma").values;
    std::string text = "output,mean,std\n";
    for (std::size_t k = 0; k <= means.size(); ++k) {
        const std::size_t code = std::min(k, means.size() - 1);
        text += fmt::format("{},{},{}\n", k, means[code], sigmas[code]);
    }
    return {"output_noise.csv", text};
}

} // namespace

std::vector<ExportedFile> export_verilog_a(const Lut& table) {
    std::vector<ExportedFile> files;
    for (const LutArray& array : table.arrays) {
        const bool over_axes =
            !array.dims.empty() && std::ranges::all_of(array.dims, [&](const std::string& dim) {
                return find_axis(table, dim) != nullptr;
            });
        if (!over_axes || array.values.size() < 2) continue;
        for (ExportedFile& file : VerilogModule(table, array).files()) files.push_back(std::move(file));
    }
    if (files.empty())
        throw InputError(fmt::format("table {} has no array over axes alone: there is nothing to interpolate",
                                     table.name));
    return files;
}

std::vector<ExportedFile> export_csv(const Lut& table) {
    std::vector<ExportedFile> files;
    for (const LutArray& array : table.arrays) {
        std::string text;
        std::vector<const LutAxis*> axes;
        for (const std::string& dim : array.dims) {
            axes.push_back(find_axis(table, dim));
            text += fmt::format("{} [{}],", dim, axes.back() != nullptr ? axes.back()->unit : "1");
        }
        text += fmt::format("{} [{}]\n", array.name, array.unit);
        for_each_number(array, [&](const std::vector<Index>& indices, double value) {
            for (std::size_t d = 0; d < indices.size(); ++d) {
                if (axes[d] != nullptr) {
                    fmt::format_to(std::back_inserter(text), "{},",
                                   axes[d]->values[static_cast<std::size_t>(indices[d])]);
                } else {
                    fmt::format_to(std::back_inserter(text), "{},", indices[d]);
                }
            }
            fmt::format_to(std::back_inserter(text), "{}\n", value);
        });
        files.push_back({fmt::format("{}_{}.csv", table.name, array.name), std::move(text)});
    }
    return files;
}

std::vector<ExportedFile> export_neurosim(const LutFile& luts) {
    std::vector<ExportedFile> files;
    for (const Lut& table : luts.tables) {
        if (table.kind == "levels") files.push_back(memory_states(table));
        if (table.kind == "output_noise") files.push_back(output_noise(table));
    }
    if (files.empty())
        throw InputError("the file has no table of kind levels or output_noise: `ohmloom lut device "
                         "--levels` and `ohmloom lut adc` make them");
    return files;
}

} // namespace ohmloom
