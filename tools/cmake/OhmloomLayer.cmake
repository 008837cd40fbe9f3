# One static library per folder, so that a layer can only link what its CMakeLists names.

# How every target of the project is compiled: warnings are errors, in all build types.
add_library(ohmloom_options INTERFACE)
target_compile_options(ohmloom_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wnon-virtual-dtor -Werror)

# ohmloom_layer(<name> HEADERS … [SOURCES …] [DEPENDS <layers>] [PRIVATE <libraries used only in .cpp files>])
# Headers are included by their path below src/, or below the root for folders outside it. A layer without sources is
# headers only.
function(ohmloom_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 LAYER "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE")
    set(base ${PROJECT_SOURCE_DIR}/src)
    cmake_path(IS_PREFIX base ${CMAKE_CURRENT_SOURCE_DIR} is_below_src)
    if(NOT is_below_src)
        set(base ${PROJECT_SOURCE_DIR})
    endif()
    list(TRANSFORM LAYER_DEPENDS PREPEND ohmloom::)
    if(LAYER_SOURCES)
        set(scope PUBLIC)
        add_library(ohmloom_${name} STATIC ${LAYER_SOURCES})
        target_link_libraries(ohmloom_${name} PUBLIC ${LAYER_DEPENDS} PRIVATE ohmloom_options ${LAYER_PRIVATE})
    else()
        set(scope INTERFACE)
        add_library(ohmloom_${name} INTERFACE)
        target_link_libraries(ohmloom_${name} INTERFACE ${LAYER_DEPENDS})
    endif()
    target_sources(ohmloom_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${base} FILES ${LAYER_HEADERS})
    set_target_properties(ohmloom_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    add_library(ohmloom::${name} ALIAS ohmloom_${name})
endfunction()
