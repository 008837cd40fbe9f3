#pragma once

#include <cassert>
#include <stdexcept>
#include <string>

/// Contract of a function its caller broke: a programming error, checked in debug and sanitizer builds only.
#define OHMLOOM_ASSERT(condition) assert(condition)

namespace ohmloom {

/// Base of everything the library throws. A message says what is wrong, where, what was expected, what was
/// found and how to mend it, in one line. Numerical outcomes are never thrown: they come back as report
/// values.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& message) : std::runtime_error(message) {}
};

/// What the user gave cannot be worked with: a value, a shape, a key.
class InputError : public Error {
public:
    using Error::Error;
};

/// A file cannot be read or written, or does not hold what it should.
class FileError : public Error {
public:
    using Error::Error;
};

/// A library the project stands on (KLU, ngspice, HDF5, …) failed in a way input alone does not explain.
class BackendError : public Error {
public:
    using Error::Error;
};

} // namespace ohmloom
