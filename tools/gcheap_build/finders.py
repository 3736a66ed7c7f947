"""By what other projects' builds find the library where it is installed: gcheap.pc for pkg-config, and the CMake package."""

from __future__ import annotations

import os
import re

from .process import Failure

# Spaces in the paths are kept: pkg-config splits what is outside quotation marks.
PKG_CONFIG = """\
prefix={prefix}
libdir={libdir}
includedir={includedir}

Name: gcheap
Description: a garbage-collected heap for C and C++ programs
Version: {version}
Cflags: -I"${{includedir}}"
Libs: -L"${{libdir}}" -lgcheap
Libs.private: -lpthread -ldl
"""

# The real directory, since /lib may be a link to /usr/lib, and then the headers are not in /include.
CONFIG = """\
# libgcheap {version}: find_package(gcheap), then target_link_libraries(… gcheap::gcheap), or for the static library
# gcheap::gcheap_static. What is installed may be moved as a whole: the paths begin at this file.
cmake_policy(PUSH)
cmake_policy(VERSION 3.5)

get_filename_component(_gcheap_here "${{CMAKE_CURRENT_LIST_FILE}}" REALPATH)
get_filename_component(_gcheap_here "${{_gcheap_here}}" PATH)
get_filename_component(_gcheap_include "${{_gcheap_here}}/{include}" ABSOLUTE)
get_filename_component(_gcheap_lib "${{_gcheap_here}}/{lib}" ABSOLUTE)

foreach(_gcheap_file "${{_gcheap_include}}/gcheap.h" "${{_gcheap_lib}}/{shared}" "${{_gcheap_lib}}/libgcheap.a")
    if(NOT EXISTS "${{_gcheap_file}}")
        set(gcheap_FOUND FALSE)
        set(gcheap_NOT_FOUND_MESSAGE "${{_gcheap_file}} is missing")
    endif()
endforeach()

if(NOT DEFINED gcheap_FOUND OR gcheap_FOUND)
    if(NOT TARGET gcheap::gcheap)
        add_library(gcheap::gcheap SHARED IMPORTED)
        set_target_properties(gcheap::gcheap PROPERTIES
            IMPORTED_LOCATION "${{_gcheap_lib}}/{shared}"
            IMPORTED_SONAME "{soname}"
            INTERFACE_INCLUDE_DIRECTORIES "${{_gcheap_include}}")
    endif()
    if(NOT TARGET gcheap::gcheap_static)
        add_library(gcheap::gcheap_static STATIC IMPORTED)
        set_target_properties(gcheap::gcheap_static PROPERTIES
            IMPORTED_LOCATION "${{_gcheap_lib}}/libgcheap.a"
            INTERFACE_INCLUDE_DIRECTORIES "${{_gcheap_include}}"
            INTERFACE_LINK_LIBRARIES "pthread;dl")
    endif()
endif()

unset(_gcheap_file)
unset(_gcheap_here)
unset(_gcheap_include)
unset(_gcheap_lib)
cmake_policy(POP)
"""

# As CMake's write_basic_package_version_file has it.
CONFIG_VERSION = """\
# Whether libgcheap {version} will do for find_package(gcheap VERSION): if it is no older, and {same} are equal.
set(PACKAGE_VERSION "{version}")
set(PACKAGE_VERSION_COMPATIBLE FALSE)
set(PACKAGE_VERSION_EXACT FALSE)

if(PACKAGE_FIND_VERSION_RANGE)
    # VERSION is MINIMUM...MAXIMUM, or MINIMUM...<MAXIMUM.
    if(PACKAGE_FIND_VERSION_MIN MATCHES "{series}"
            AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION_MIN
            AND ((PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE"
                    AND NOT PACKAGE_VERSION VERSION_GREATER PACKAGE_FIND_VERSION_MAX)
                OR (PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "EXCLUDE"
                    AND PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION_MAX)))
        set(PACKAGE_VERSION_COMPATIBLE TRUE)
    endif()
elseif(NOT PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
elseif(PACKAGE_FIND_VERSION MATCHES "{series}" AND NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
    if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
        set(PACKAGE_VERSION_EXACT TRUE)
    endif()
endif()

# A project without languages has no pointers.
if(CMAKE_SIZEOF_VOID_P AND NOT CMAKE_SIZEOF_VOID_P EQUAL {pointer_bytes})
    set(PACKAGE_VERSION "{version} ({bits} bits)")
    set(PACKAGE_VERSION_UNSUITABLE TRUE)
endif()
"""


def pkg_config(version: str, prefix: str, libdir: str, includedir: str) -> str:
    """gcheap.pc. Directories below the prefix are written as such, so that pkg-config can give it another value."""
    for path in prefix, libdir, includedir:
        if found := re.search(r'["\'\\$#`\n]', path):
            raise Failure(f"pkg-config cannot read {found[0]!r} in a path: {path}")

    def below(path: str) -> str:
        return "${prefix}" + path[len(prefix):] if path.startswith(prefix + "/") else path

    return PKG_CONFIG.format(version=version, prefix=prefix, libdir=below(libdir), includedir=below(includedir))


def cmake(version: str, soname: str, pointer_bytes: int, here: str, libdir: str, includedir: str) -> dict[str, str]:
    """The files of the CMake package in the directory `here`, by their names."""
    major, minor = version.split(".")[:2]
    # While the major version is 0, a new minor one may change anything.
    same, series = "the major versions", rf"^{major}($|\\.)"
    if major == "0":
        same, series = "the major and the minor versions", rf"^0\\.{minor}($|\\.)"
    relative = {name: os.path.relpath(path, here) for name, path in (("lib", libdir), ("include", includedir))}
    return {
        "gcheapConfig.cmake": CONFIG.format(version=version, soname=soname, shared=f"libgcheap.so.{version}", **relative),
        "gcheapConfigVersion.cmake": CONFIG_VERSION.format(version=version, same=same, series=series, bits=pointer_bytes * 8,
                                                           pointer_bytes=pointer_bytes),
    }
