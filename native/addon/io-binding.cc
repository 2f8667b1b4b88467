// Node-API edge of the I/O engine: the functions that src/native/file-io.ts describes.
//
// Arguments of the wrong type throw at once; everything that happens on the disk rejects the promise.
#include <cstdint>
#include <memory>
#include <utility>

#include "addon/arguments.h"
#include "addon/bindings.h"
#include "addon/io-environment.h"
#include "addon/octets.h"
#include "maildir/file-range.h"

namespace tegu::addon {
namespace {

using maildir::IoEngine;
using maildir::IoOutcome;
using maildir::PathAction;

constexpr std::int64_t k_max_safe = (std::int64_t{1} << 53) - 1;

/** Resolves with nothing. */
class PendingDone final : public Pending {
 public:
  napi_value value(Napi::Env env) override { return env.Undefined(); }
};

/** Resolves with the octets written. */
class PendingCount final : public Pending {
 public:
  napi_value value(Napi::Env env) override {
    return Napi::Number::New(env, static_cast<double>(outcome.value));
  }
};

/** Resolves with one errno per item. */
class PendingErrors final : public Pending {
 public:
  napi_value value(Napi::Env env) override { return to_typed_array(env, errors); }

  std::vector<std::int32_t> errors;
};

/** Resolves with a Buffer. */
class PendingOctets final : public Pending {
 public:
  napi_value value(Napi::Env env) override { return to_buffer(env, std::move(octets)); }

  maildir::OwnedOctets octets;
};

/** The engine of the calling environment and a promise that `start` hands to it. Null with a pending
 * exception. */
template <typename Result, typename Start>
Napi::Value request(const Napi::CallbackInfo& info, std::string path, Napi::Value pinned, Start start) {
  const Napi::Env env = info.Env();
  IoEnvironment& environment = IoEnvironment::of(env);
  IoEngine* const engine = environment.engine(env);
  if (engine == nullptr) return env.Undefined();
  auto* pending = new Result();
  pending->path = std::move(path);
  const Napi::Value promise(env, environment.promise(env, *pending, pinned));
  start(*engine, environment, pending);
  return promise;
}

/** Fills in the outcome and sends the promise home. */
maildir::OnSettled settles(IoEnvironment& environment, Pending* pending) {
  return [&environment, pending](const IoOutcome& outcome) {
    pending->outcome = outcome;
    environment.settle(pending);
  };
}

/** ioConfigure(maxInFlight, maxReaders): at any time. */
Napi::Value io_configure(const Napi::CallbackInfo& info) {
  std::int64_t in_flight = 0;
  std::int64_t readers = 0;
  if (!take_integer(info[0], "maxInFlight", 1, 1024, in_flight)) return info.Env().Undefined();
  if (!take_integer(info[1], "maxReaders", 1, 256, readers)) return info.Env().Undefined();
  IoEnvironment::of(info.Env()).configure(static_cast<unsigned>(in_flight), static_cast<unsigned>(readers));
  return info.Env().Undefined();
}

Napi::Value io_backend(const Napi::CallbackInfo& info) {
  const IoEngine* const engine = IoEnvironment::of(info.Env()).engine(info.Env());
  if (engine == nullptr) return info.Env().Undefined();
  return Napi::String::New(info.Env(), engine->kind() == maildir::IoKind::uring ? "uring" : "threads");
}

/** Reads the DurableFile object; false with a pending exception. */
bool take_file(const Napi::Value& value, maildir::DurableFile& file, Napi::Value& pinned) {
  if (!value.IsObject()) {
    Napi::TypeError::New(value.Env(), "file: expected an object").ThrowAsJavaScriptException();
    return false;
  }
  const auto object = value.As<Napi::Object>();
  const Napi::Value source = object.Get("sourcePath");
  const Napi::Value offset = object.Get("sourceOffset");
  const Napi::Value size = object.Get("sizeBytes");
  const Napi::Value mode = object.Get("mode");
  std::int64_t number = 0;
  if (!take_path(object.Get("tmpPath"), "tmpPath", file.tmp_path)) return false;
  if (!take_path(object.Get("finalPath"), "finalPath", file.final_path)) return false;
  if (!take_octets(object.Get("buffers"), "buffers", file.vectors, pinned)) return false;
  if (!source.IsUndefined() && !take_path(source, "sourcePath", file.source_path)) return false;
  if (!offset.IsUndefined()) {
    if (!take_integer(offset, "sourceOffset", 0, k_max_safe, number)) return false;
    file.source_offset = static_cast<std::uint64_t>(number);
  }
  if (!size.IsUndefined()) {
    if (!take_integer(size, "sizeBytes", 0, k_max_safe, number)) return false;
    file.size = static_cast<std::uint64_t>(number);
  }
  if (!mode.IsUndefined()) {
    if (!take_integer(mode, "mode", 0, 0777, number)) return false;
    file.mode = static_cast<mode_t>(number);
  }
  file.replace = object.Get("replace").ToBoolean();
  return true;
}

Napi::Value io_deliver(const Napi::CallbackInfo& info) {
  maildir::DurableFile file;
  Napi::Value pinned;
  if (!take_file(info[0], file, pinned)) return info.Env().Undefined();
  std::string path = file.final_path;
  return request<PendingCount>(info, std::move(path), pinned,
                               [&](IoEngine& engine, IoEnvironment& environment, Pending* pending) {
                                 engine.deliver(std::move(file), settles(environment, pending));
                               });
}

Napi::Value io_sync_directory(const Napi::CallbackInfo& info) {
  std::string path;
  if (!take_path(info[0], "path", path)) return info.Env().Undefined();
  return request<PendingDone>(info, path, {},
                              [&](IoEngine& engine, IoEnvironment& environment, Pending* pending) {
                                engine.sync_directory(std::move(path), settles(environment, pending));
                              });
}

Napi::Value io_sync_data(const Napi::CallbackInfo& info) {
  std::int64_t fd = 0;
  if (!take_integer(info[0], "fd", 0, INT32_MAX, fd)) return info.Env().Undefined();
  return request<PendingDone>(info, {}, {},
                              [&](IoEngine& engine, IoEnvironment& environment, Pending* pending) {
                                engine.sync_data(static_cast<int>(fd), settles(environment, pending));
                              });
}

Napi::Value io_forget_failure(const Napi::CallbackInfo& info) {
  std::int64_t fd = 0;
  if (!take_integer(info[0], "fd", 0, INT32_MAX, fd)) return info.Env().Undefined();
  IoEngine* const engine = IoEnvironment::of(info.Env()).engine(info.Env());
  if (engine != nullptr) engine->forget_failure(static_cast<int>(fd));
  return info.Env().Undefined();
}

Napi::Value io_commit_file(const Napi::CallbackInfo& info) {
  std::int64_t fd = 0;
  std::string tmp_path;
  std::string final_path;
  if (!take_integer(info[0], "fd", 0, INT32_MAX, fd)) return info.Env().Undefined();
  if (!take_path(info[1], "tmpPath", tmp_path)) return info.Env().Undefined();
  if (!take_path(info[2], "finalPath", final_path)) return info.Env().Undefined();
  return request<PendingDone>(info, final_path, {},
                              [&](IoEngine& engine, IoEnvironment& environment, Pending* pending) {
                                engine.commit(static_cast<int>(fd), std::move(tmp_path),
                                              std::move(final_path), settles(environment, pending));
                              });
}

Napi::Value change_paths(const Napi::CallbackInfo& info, PathAction action) {
  std::vector<std::string> paths;
  std::vector<std::string> directories;
  if (!take_paths(info[0], "paths", paths)) return info.Env().Undefined();
  if (!take_paths(info[1], "syncDirectories", directories)) return info.Env().Undefined();
  if (action != PathAction::unlink && paths.size() % 2 != 0) {
    Napi::TypeError::New(info.Env(), "paths: expected pairs").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  std::string path = directories.empty() ? std::string() : directories.front();
  return request<PendingErrors>(
      info, std::move(path), {}, [&](IoEngine& engine, IoEnvironment& environment, PendingErrors* pending) {
        engine.change_paths(action, std::move(paths), std::move(directories),
                            [&environment, pending](const IoOutcome& outcome, std::vector<int> errors) {
                              pending->errors = std::move(errors);
                              pending->outcome = outcome;
                              environment.settle(pending);
                            });
      });
}

Napi::Value io_rename_many(const Napi::CallbackInfo& info) {
  return change_paths(info, PathAction::rename);
}
Napi::Value io_link_many(const Napi::CallbackInfo& info) {
  return change_paths(info, PathAction::link);
}
Napi::Value io_unlink_many(const Napi::CallbackInfo& info) {
  return change_paths(info, PathAction::unlink);
}

/** (path, offset, length) → Buffer, read as it lies or as CRLF text. */
Napi::Value read_file(const Napi::CallbackInfo& info, bool lf_to_crlf) {
  auto pending = std::make_unique<PendingOctets>();
  std::int64_t offset = 0;
  std::int64_t length = 0;
  if (!take_path(info[0], "path", pending->path)) return info.Env().Undefined();
  if (!take_integer(info[1], "offset", 0, k_max_safe, offset)) return info.Env().Undefined();
  if (!take_integer(info[2], "length", 0, maildir::k_max_range_bytes, length)) return info.Env().Undefined();
  IoEnvironment& environment = IoEnvironment::of(info.Env());
  auto work = [raw = pending.get(), &environment, offset, length, lf_to_crlf] {
    const auto from = static_cast<std::uint64_t>(offset);
    const auto count = static_cast<std::size_t>(length);
    raw->outcome.stage = "read";
    raw->outcome.error = lf_to_crlf ? maildir::read_lf_range(raw->path.c_str(), from, count,
                                                             environment.lf_positions(), raw->octets)
                                    : maildir::read_range(raw->path.c_str(), from, count, raw->octets);
  };
  const napi_value promise = environment.run(info.Env(), std::move(pending), std::move(work));
  return {info.Env(), promise};
}

Napi::Value io_read_range(const Napi::CallbackInfo& info) {
  return read_file(info, false);
}
Napi::Value io_read_lf_range(const Napi::CallbackInfo& info) {
  return read_file(info, true);
}

Napi::Value io_stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const IoEngine* const engine = IoEnvironment::of(env).engine(env);
  if (engine == nullptr) return env.Undefined();
  const maildir::IoStats stats = engine->stats();
  const Napi::Object object = Napi::Object::New(env);
  object.Set("inFlight", Napi::Number::New(env, static_cast<double>(IoEnvironment::of(env).pending_count())));
  object.Set("submitted", Napi::Number::New(env, static_cast<double>(stats.submitted)));
  object.Set("directorySyncs", Napi::Number::New(env, static_cast<double>(stats.directory_syncs)));
  object.Set("dataSyncs", Napi::Number::New(env, static_cast<double>(stats.data_syncs)));
  return object;
}

}  // namespace

void register_io(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("ioConfigure", io_configure);
  add("ioBackend", io_backend);
  add("ioDeliver", io_deliver);
  add("ioSyncDirectory", io_sync_directory);
  add("ioSyncData", io_sync_data);
  add("ioForgetFailure", io_forget_failure);
  add("ioCommitFile", io_commit_file);
  add("ioRenameMany", io_rename_many);
  add("ioLinkMany", io_link_many);
  add("ioUnlinkMany", io_unlink_many);
  add("ioReadRange", io_read_range);
  add("ioReadLfRange", io_read_lf_range);
  add("ioStats", io_stats);
}

}  // namespace tegu::addon
