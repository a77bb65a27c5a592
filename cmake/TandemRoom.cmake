# tandem_room(NAME [LINKS …]): the library of the folder that calls it, made of every *.cpp below it.
# A room may include only what it links: an include against the arrows does not link, and
# tests/lint reads the includes besides.
add_library(tandem_flags INTERFACE)
target_include_directories(tandem_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(tandem_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough
  -Wno-missing-field-initializers -Wno-missing-designated-field-initializers -fno-omit-frame-pointer)
if(TANDEM_SANITIZE)
  # The vptr check opens a pipe; it cries wolf in the tests that take all descriptors away.
  target_compile_options(tandem_flags INTERFACE
    -fsanitize=${TANDEM_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=undefined)
  target_link_options(tandem_flags INTERFACE -fsanitize=${TANDEM_SANITIZE})
endif()
if(TANDEM_FUZZ)
  target_compile_options(tandem_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
find_program(TANDEM_MOLD mold)
if(TANDEM_MOLD)
  target_link_options(tandem_flags INTERFACE -fuse-ld=mold)
endif()

# tandem_unity_alone(SOURCES…): those of unity_alone.txt stay out of unity builds. Called where their
# target is made: the property is seen in that directory only.
function(tandem_unity_alone)
  file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/unity_alone.txt names REGEX "^[a-z]")
  foreach(source ${ARGN})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${source})
    get_filename_component(folder ${path} DIRECTORY)
    if(path IN_LIST names OR folder IN_LIST names)
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()

function(tandem_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE tandem_flags ${ROOM_LINKS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  tandem_unity_alone(${sources})
  target_link_libraries(${name} PUBLIC tandem_flags ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
endfunction()

# tandem_quick(NAME): the same room once more, optimised and in few pieces, as NAME_quick, and so
# every room it links; for the tests that play cases by the ten thousand. Once for all of them; not
# built unless such a test is.
function(tandem_quick name)
  if(TARGET ${name}_quick)
    return()
  endif()
  get_target_property(sources ${name} SOURCES)
  add_library(${name}_quick STATIC EXCLUDE_FROM_ALL ${sources})
  set_target_properties(${name}_quick PROPERTIES UNITY_BUILD ON)
  tandem_unity_alone(${sources})
  target_compile_options(${name}_quick PRIVATE -O2)
  get_target_property(links ${name} LINK_LIBRARIES)
  foreach(link ${links})
    get_target_property(kind ${link} TYPE)
    if(link MATCHES "^tandem_" AND kind STREQUAL STATIC_LIBRARY)
      tandem_quick(${link})
      set(link ${link}_quick)
    endif()
    target_link_libraries(${name}_quick PUBLIC ${link})
  endforeach()
endfunction()

# tandem_embed(TARGET HEADER FUNCTION NAMESPACE FILES…): compiles data files into TARGET, one raw string
# each. HEADER (below the source folder) declares
#   std::span<const std::string_view> NAMESPACE::FUNCTION();
# which gives their texts in the order given here.
function(tandem_embed target header function namespace)
  set(texts "")
  foreach(file ${ARGN})
    file(READ ${file} text)
    string(APPEND texts "    R\"embedded(${text})embedded\",\n")
  endforeach()
  list(LENGTH ARGN count)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
  string(REPLACE ".hpp" ".cpp" source ${header})
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/generated/${source} CONTENT
"// Made by tandem_embed (cmake/TandemRoom.cmake) from data files.
#include <array>

#include \"${header}\"

namespace ${namespace} {
namespace {
constexpr std::array<std::string_view, ${count}> texts = {
${texts}};
}  // namespace
std::span<const std::string_view> ${function}() { return texts; }
}  // namespace ${namespace}
")
  target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated/${source})
endfunction()
