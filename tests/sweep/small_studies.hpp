#pragma once

#include "base/random.hpp"
#include "network/network.hpp"
#include "tests/network/idx_samples.hpp"
#include "tests/temporary_folder.hpp"

#include <string>

namespace ohmloom::testing {

/// A folder with a network of 16, 6 and 3 units and a data set of 12 images of 4 x 4 pixels, found as mnist-test.
struct SmallStudies {
    static constexpr Index images = 12;
    TemporaryFolder folder;

    SmallStudies() {
        const RandomStream stream(1, RandomPurpose::test_generation);
        Network network;
        network.name = "small";
        network.weight_kind = WeightKind::binary;
        network.input.crop = 4;
        for (const auto& [outputs, inputs] : {std::pair<Index, Index>{6, 16}, {3, 6}}) {
            DenseLayer layer;
            layer.weights = Matrix<double>(outputs, inputs);
            const auto number = static_cast<std::uint32_t>(network.layers.size());
            for (Index k = 0; k < layer.weights.size(); ++k)
                layer.weights.values()[static_cast<std::size_t>(k)] =
                    stream.uniform(number, static_cast<std::uint32_t>(k), 0) < 0.5 ? -1.0 : 1.0;
            layer.bias.assign(static_cast<std::size_t>(outputs), 1.0);
            network.layers.push_back(std::move(layer));
        }
        write_network(network, folder / "net.h5");
        write_images('\x80');
    }

    /// All images of stripes in this grey.
    void write_images(char grey) const {
        std::string pixels, labels;
        for (Index i = 0; i < images * 16; ++i) pixels += i % 3 == 0 ? grey : '\0';
        for (Index i = 0; i < images; ++i) labels += static_cast<char>(i % 3);
        folder.write("t10k-images-idx3-ubyte", idx_images(images, 4, 4, pixels));
        folder.write("t10k-labels-idx1-ubyte", idx_labels(images, labels));
    }

    /// A study of it with these further lines; one tile per layer.
    [[nodiscard]] std::filesystem::path study(const std::string& lines) const {
        return folder.write("study.toml",
                            "partition.horizontal = [1, 1]\npartition.vertical = [1, 1]\n"
                            "network.file = \"net.h5\"\narray.wire.r_row = 2\narray.wire.r_col = 3\n" +
                                lines);
    }
};

} // namespace ohmloom::testing
