# tandem_webui_assets: the page, built by esbuild and embedded as one generated source file.
# TANDEM_PAGE_DIST names a folder with a page built elsewhere (`node webui/app/build.mjs FOLDER`),
# for machines without a network; otherwise Node 18 or newer is needed and npm fetches what
# package-lock.json names, once.
set(TANDEM_PAGE_DIST "" CACHE PATH "A built page to embed instead of building it")
find_program(TANDEM_NODE NAMES node nodejs)
find_program(TANDEM_NPM npm)
if(NOT TANDEM_NODE OR (NOT TANDEM_NPM AND NOT TANDEM_PAGE_DIST))
  message(FATAL_ERROR "The page needs Node: install nodejs and npm, or set TANDEM_PAGE_DIST.")
endif()

set(page_source ${CMAKE_CURRENT_SOURCE_DIR}/app)
set(page_packages ${page_source}/node_modules/.tandem-installed)  # the same stamp as ./dev's
set(page_cpp ${CMAKE_BINARY_DIR}/generated/webui_assets.cpp)
file(GLOB_RECURSE page_files CONFIGURE_DEPENDS ${page_source}/src/*)

if(TANDEM_PAGE_DIST)
  set(page_dist ${TANDEM_PAGE_DIST})
  file(GLOB page_built CONFIGURE_DEPENDS ${page_dist}/*)
else()
  set(page_dist ${CMAKE_CURRENT_BINARY_DIR}/page)
  set(page_built ${page_dist}/index.html)
  add_custom_command(OUTPUT ${page_packages}
    COMMAND ${TANDEM_NPM} ci --ignore-scripts --no-fund --no-audit --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${page_packages}
    DEPENDS ${page_source}/package-lock.json
    WORKING_DIRECTORY ${page_source} COMMENT "Fetching the page's packages" VERBATIM)
  add_custom_command(OUTPUT ${page_built}
    COMMAND ${TANDEM_NODE} ${page_source}/build.mjs ${page_dist}
    DEPENDS ${page_packages} ${page_source}/build.mjs ${page_files}
    COMMENT "Building the page" VERBATIM)
endif()
add_custom_command(OUTPUT ${page_cpp}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
  COMMAND ${TANDEM_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/embed.mjs ${page_dist} ${page_source}/src/words ${page_cpp}
  DEPENDS ${page_built} ${page_files} ${CMAKE_CURRENT_SOURCE_DIR}/embed.mjs
  COMMENT "Embedding the page" VERBATIM)
add_library(tandem_webui_assets STATIC ${page_cpp})
target_link_libraries(tandem_webui_assets PUBLIC tandem_flags)
