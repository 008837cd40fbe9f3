#pragma once

#include "base/progress.hpp"
#include "lut/lut.hpp"
#include "study/study_file.hpp"
#include "surrogate/surrogate_fit.hpp"

#include <string>
#include <vector>

namespace ohmloom {

struct TableOptions {
    SurrogateOptions surrogate;
    Index images =
        512; ///< whose row voltages the tables are made for, beside drawn ones; 0: drawn ones alone
    std::string data_set; ///< that they are the first of; empty: the study's calibration set
};

/// One tile's table and what there is to tell of it.
struct MadeTable {
    std::string name;
    std::string device, network;
    std::size_t scheme = 0, layer = 0, tile = 0;
    Index rows = 0, outputs = 0;
    std::string form;  ///< "exact map" for linear cells
    double span = 0.0; ///< [V] of its outputs
    SurrogateError drawn, given;
    bool reached = true;   ///< the error asked for
    Index points = 0;      ///< of the circuit that it took
    double residual = 0.0; ///< of these, the largest
    bool converged = true; ///< all of these
    double circuit_time = 0.0,
           table_time = 0.0; ///< [s] an operating point takes on one thread; 0 for exact maps
};

struct StudyTables {
    LutFile luts;                ///< without version and command
    std::vector<MadeTable> made; ///< in the order of the study
};

/// Tables of every tile of every scheme and device of a study: exact maps of linear cells, surrogates of others. Tiles that are alike in everything
/// have one table.
/// @throws FileError, InputError as run_study() and fit_surrogate(); InputError if the study has no resistive arrays.
StudyTables make_tables(const Study& study, const TableOptions& options, const Progress& progress = {});

} // namespace ohmloom
