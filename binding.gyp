{
  # The one native addon. Sources are all of native/<library>/*.cc but tests; the build itself is driven by
  # scripts/build-addon.ts, which passes the pinned headers with --nodedir, so that nothing is downloaded.
  "targets": [
    {
      "target_name": "tegu",
      "sources": ["<!@(ls native/*/*.cc | grep -v -e -test[.]cc -e ^native/test/)"],
      "include_dirs": ["native"],
      "defines": [
        "NAPI_VERSION=9",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "_FILE_OFFSET_BITS=64"
      ],
      "cflags!": ["-O3", "-fno-omit-frame-pointer", "-Wno-unused-parameter"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-O3"],
      "cflags": [
        "-O2",
        "-g1",
        "-fvisibility=hidden",
        "-fstack-protector-strong",
        "-U_FORTIFY_SOURCE",
        "-D_FORTIFY_SOURCE=2"
      ],
      "cflags_cc": [
        "-std=c++20",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-Werror",
        # Headers of others are not held to our warnings.
        "-isystem",
        "<(module_root_dir)/node_modules/node-addon-api",
        "-isystem",
        "<(node_root_dir)/include/node"
      ],
      "ldflags": ["-Wl,-z,relro,-z,now", "-Wl,--as-needed"]
    }
  ]
}
