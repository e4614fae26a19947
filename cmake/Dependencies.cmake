# The libraries, each used behind one file of the tree (see ARCHITECTURE.md).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares>=1.18)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson>=1.7)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2>=2.3)
find_package(ZLIB 1.2 REQUIRED)
# Without it `report` reads everything but mails.
pkg_check_modules(GMIME QUIET IMPORTED_TARGET gmime-3.0>=3.2)

# Only the tests need it; without it they are left out unless MXPROBE_TESTS says otherwise.
pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka>=1.1)
