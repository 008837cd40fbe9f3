#include "output_file.hpp"

#include "base/errors.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <system_error>

namespace ohmloom::cli {

void require_output(const std::filesystem::path& output, const std::vector<std::filesystem::path>& inputs) {
    for (const std::filesystem::path& input : inputs) {
        std::error_code not_there;
        if (!std::filesystem::equivalent(output, input, not_there)) continue;
        throw InputError(
            fmt::format("{}: the result would replace its own input: give -o another name", output.string()));
    }
    require_writable(output);
}

} // namespace ohmloom::cli
