#pragma once

#include "devicemodels/device_model.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ohmloom {

/// Every kind of device there is, in alphabetical order.
const std::vector<DeviceKind>& model_kinds();

/// The built-in cards: "pcm/aihwkit", … in alphabetical order. Each is a file in devicemodels/, built into the program.
std::vector<std::string> card_names();

/// Values of a card to replace: name and new value as people write them.
using CardChanges = std::vector<std::pair<std::string, std::string>>;

/// The card of that name, with changes. A name is a folder's ("pcm": its default card), a card's ("pcm/hermes_1"), or
/// the path of a card file of one's own, which ends in ".toml".
/// @throws InputError for an unknown name, a bad card or a bad change; FileError if a file cannot be read.
Card find_card(std::string_view name, const CardChanges& changes = {});

/// The card with its device's own temperature [K] replaced; unchanged if its kind has none (DeviceKind::temperature).
/// @throws InputError if the temperature is out of the card's range.
Card with_temperature(Card card, double temperature);

/// How warm the device of a card is when it is read at `temperature` [K]: its own temperature, if its kind has one.
double temperature_of(const Card& card, double temperature);

/// Names a card by all that decides its device: model, values, and the content of files that values name. SHA-256.
std::string card_fingerprint(const Card& card);

/// The kind of device that a card is for.
const DeviceKind& kind_of(const Card& card);

/// The device that a card describes.
/// @throws InputError if its values do not fit together.
std::unique_ptr<const DeviceModel> make_device(const Card& card);

} // namespace ohmloom
