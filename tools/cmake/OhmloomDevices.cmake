# The device families: the folders of devicemodels/ that have a CMakeLists.txt. Nothing else names them; what the rest of
# the program needs to know of all families together is written here, into the build tree.

# ohmloom_device_family(SOURCES … HEADERS … [LAWS <cell type> <its header> <its law's header>, …]): the folder it is
# called from. <folder>_kinds() is defined in its sources; every *.toml in it is a card; LAWS are the current laws that
# the family brings, three words each.
function(ohmloom_device_family)
    cmake_parse_arguments(PARSE_ARGV 0 FAMILY "" "" "SOURCES;HEADERS;LAWS")
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
    target_sources(ohmloom_devicemodels PRIVATE ${FAMILY_SOURCES} PUBLIC FILE_SET HEADERS FILES ${FAMILY_HEADERS})
    set_property(GLOBAL APPEND PROPERTY OHMLOOM_DEVICE_FAMILIES ${folder})
    set_property(GLOBAL PROPERTY OHMLOOM_DEVICE_LAWS_${folder} "${FAMILY_LAWS}")
endfunction()

# ohmloom_device_families(): takes in every folder below the current one, and writes
#   cell_types.hpp         all cell types, and CellModel, their variant
#   family_laws-inl.h      all laws
#   built_in_devices.cpp   the families and their cards, so that a built program needs no files beside it
function(ohmloom_device_families)
    file(GLOB lists CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
    list(SORT lists)
    foreach(list ${lists})
        cmake_path(GET list PARENT_PATH folder)
        add_subdirectory(${folder})
    endforeach()
    get_property(folders GLOBAL PROPERTY OHMLOOM_DEVICE_FAMILIES)
    ohmloom_write_laws(${folders})
    ohmloom_write_families(${folders})
endfunction()

function(ohmloom_write_laws)
    # Ohmic cells come first: they are what a CellModel is before it is told.
    set(folders ${ARGN})
    list(REMOVE_ITEM folders linear)
    list(PREPEND folders linear)
    set(types "")
    set(cells "")
    set(laws "")
    foreach(folder ${folders})
        get_property(family GLOBAL PROPERTY OHMLOOM_DEVICE_LAWS_${folder})
        while(family)
            list(POP_FRONT family type cell law)
            if(NOT law)
                message(FATAL_ERROR "devicemodels/${folder}: LAWS takes three words each: <cell type> <its header> <its law's header>")
            endif()
            list(APPEND types ${type})
            string(APPEND cells "#include \"devicemodels/${folder}/${cell}\"\n")
            string(APPEND laws "#include \"devicemodels/${folder}/${law}\"\n")
        endwhile()
    endforeach()
    list(JOIN types ", " types)
    file(CONFIGURE OUTPUT cell_types.hpp @ONLY CONTENT
"// Written by tools/cmake/OhmloomDevices.cmake from the folders of devicemodels/.
#pragma once

@cells@
#include <variant>

namespace ohmloom {

/// Every kind of cell there is; see cell_model.hpp.
using CellModel = std::variant<@types@>;

} // namespace ohmloom
")
    file(CONFIGURE OUTPUT family_laws-inl.h @ONLY CONTENT
"// Written by tools/cmake/OhmloomDevices.cmake from the folders of devicemodels/. No guard: each law has its own.
@laws@")
endfunction()

function(ohmloom_write_families)
    set(declarations "")
    set(folders "")
    set(cards "")
    foreach(folder ${ARGN})
        string(APPEND declarations "std::vector<DeviceKind> ${folder}_kinds();\n")
        string(APPEND folders "        {\"${folder}\", ${folder}_kinds},\n")
        file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.toml)
        list(SORT files)
        foreach(file ${files})
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
            get_filename_component(stem ${file} NAME_WE)
            file(READ ${file} text)
            string(APPEND cards "        {\"${folder}/${stem}\", \"devicemodels/${folder}/${stem}.toml\", R\"card(${text})card\"},\n")
        endforeach()
    endforeach()
    file(CONFIGURE OUTPUT built_in_devices.cpp @ONLY CONTENT
"// Written by tools/cmake/OhmloomDevices.cmake from the folders of devicemodels/.
#include \"devicemodels/device_folders.hpp\"

namespace ohmloom {

@declarations@
std::vector<DeviceFolder> device_folders() {
    return {
@folders@    };
}

std::vector<BuiltInCard> built_in_cards() {
    return {
@cards@    };
}

} // namespace ohmloom
")
endfunction()
