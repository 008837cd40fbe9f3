# One static library per folder, so that a layer can only link what its CMakeLists names.

# How every target of the project is compiled: warnings are errors, in all build types.
add_library(ohmloom_options INTERFACE)
target_compile_options(ohmloom_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wnon-virtual-dtor -Werror)

# ohmloom_layer(<name> SOURCES … HEADERS … [DEPENDS <layers>] [PRIVATE <libraries used only in .cpp files>])
function(ohmloom_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 LAYER "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE")
    add_library(ohmloom_${name} STATIC ${LAYER_SOURCES})
    add_library(ohmloom::${name} ALIAS ohmloom_${name})
    target_sources(ohmloom_${name} PUBLIC
        FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR} FILES ${LAYER_HEADERS})
    set_target_properties(ohmloom_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    list(TRANSFORM LAYER_DEPENDS PREPEND ohmloom::)
    target_link_libraries(ohmloom_${name} PUBLIC ${LAYER_DEPENDS} PRIVATE ohmloom_options ${LAYER_PRIVATE})
endfunction()
