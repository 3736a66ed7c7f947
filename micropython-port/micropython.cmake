# Replaces py/gc.c by libgcheap in a CMake-based port of MicroPython, without an edit to the port:
#
#   -DUSER_C_MODULES=<this repository>/micropython-port/micropython.cmake
#
# The port must include py/usermod.cmake after py/py.cmake and before it makes its target, as rp2, esp32 and (since
# MicroPython 1.27) zephyr do. Variables, each -DNAME=value:
#
#   GCHEAP_TARGET   the Rust target; by default what the port's compiler and flags say (tools/build.py target)
#   GCHEAP_OPT      3: optimise the library for speed; s, the default on bare metal: for size
#   GCHEAP_VARIANT  fast or compact: which variant of the heap; by default compact on bare metal, else fast
#   GCHEAP_MODULE   0 leaves out the Python module `gcheap`; full: with statistics, snapshots and the rest
#                   (docs/MICROPYTHON.md)

if(CMAKE_VERSION VERSION_LESS 3.20)
    message(FATAL_ERROR "gcheap: needs CMake 3.20 or newer, this is ${CMAKE_VERSION}")
endif()
if(NOT "${MICROPY_PY_DIR}/gc.c" IN_LIST MICROPY_SOURCE_PY)
    message(FATAL_ERROR "gcheap: ${MICROPY_PY_DIR}/gc.c is not among MICROPY_SOURCE_PY, so it cannot be replaced; "
        "the port must include py/py.cmake before py/usermod.cmake")
endif()
list(REMOVE_ITEM MICROPY_SOURCE_PY "${MICROPY_PY_DIR}/gc.c")

if(NOT DEFINED GCHEAP_MODULE)
    set(GCHEAP_MODULE 1)
endif()

# The port compiles the module. (No name is lost with gc.c: objpolyiter.c also uses MP_QSTR___del__.)
if(GCHEAP_MODULE)
    add_library(usermod_gcheap INTERFACE)
    set(sources modgcheap.c)
    if(GCHEAP_MODULE STREQUAL "full")
        set(sources full/modgcheap.c full/host.c full/names.c full/snapshot.c)
    endif()
    list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_LIST_DIR}/gcheap/)
    target_sources(usermod_gcheap INTERFACE ${sources})
    target_link_libraries(usermod INTERFACE usermod_gcheap)
endif()

# tools/build.py compiles the glue as the port compiles a file of py/, and reads how from this list of commands.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The rest waits until the port's target is there: a program (rp2) or a static library (esp32, zephyr), which gets the
# object as one of its own. Its name is the one that gc.c's object would have, since linker scripts place it by name.
function(gcheap_add_object)
    cmake_policy(SET CMP0116 NEW) # DEPFILE may hold absolute paths, with Ninja too
    set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/gcheap/py/gc.c${CMAKE_C_OUTPUT_EXTENSION})
    set(headers qstrdefs.generated.h mpversion.h moduledefs.h root_pointers.h)
    if(MICROPY_ROM_TEXT_COMPRESSION)
        list(APPEND headers compressed.data.h)
    endif()
    list(TRANSFORM headers PREPEND ${MICROPY_GENHDR_DIR}/)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_COMMAND} -E env
            "AR=${CMAKE_AR}" "NM=${CMAKE_NM}" "OBJCOPY=${CMAKE_OBJCOPY}"
            "GCHEAP_TARGET=${GCHEAP_TARGET}" "GCHEAP_OPT=${GCHEAP_OPT}" "GCHEAP_VARIANT=${GCHEAP_VARIANT}"
            "GCHEAP_MODULE=${GCHEAP_MODULE}"
            ${Python3_EXECUTABLE} ${here}/../tools/build.py object
            ${CMAKE_BINARY_DIR}/compile_commands.json ${MICROPY_PY_DIR}/modgc.c ${object}
        DEPENDS ${headers} ${CMAKE_BINARY_DIR}/compile_commands.json
        DEPFILE ${object}.d # names the library's sources, too
        COMMENT "Building libgcheap and its glue: ${object}"
        VERBATIM
    )
    set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(${MICROPY_TARGET} PRIVATE ${object})
endfunction()
cmake_language(DEFER CALL gcheap_add_object)
