# ohmloom_devices(<out> <folder>…): writes the C++ file that names the device folders and holds their cards, so that a
# built program needs no files beside it. Every <folder>/*.toml is a card; <folder>_kinds() is defined in the folder.
function(ohmloom_devices out)
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
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${out} @ONLY CONTENT
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
