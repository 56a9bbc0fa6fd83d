import { CommsError } from "@effect-comms/domain"
import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Path, PlatformError } from "effect"
import * as Failure from "../src/Failure.ts"
import * as StateFile from "../src/StateFile.ts"

const directory = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const name = yield* Effect.flatMap(fs.makeTempDirectoryScoped({ prefix: "comms-" }), fs.realPath)
  return { fs, at: (file: string) => path.join(name, file), files: fs.readDirectory(name) }
})

const noSpace = (path: string) =>
  PlatformError.systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method: "write",
    pathOrDescriptor: path,
    cause: Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
  })

/** A file system that is full: files can be created, and take no bytes. */
const full = (fs: FileSystem.FileSystem, isFull: (path: string) => boolean): FileSystem.FileSystem => ({
  ...fs,
  open: (path, options) =>
    Effect.map(fs.open(path, options), (file) =>
      isFull(path)
        ? Object.assign(Object.create(file), { writeAll: () => Effect.fail(noSpace(path)) })
        : file)
})

const issue = (field: string, problem: string) => new CommsError.InputIssue({ field, problem })

layer(NodeServices.layer, { excludeTestServices: true })("state files", (it) => {
  it.effect("are replaced behind symbolic links, with their mode", () =>
    Effect.gen(function*() {
      const { at, files, fs } = yield* directory
      yield* fs.writeFileString(at("target"), "old")
      yield* fs.chmod(at("target"), 0o640)
      yield* fs.symlink("target", at("link"))
      yield* fs.symlink("new", at("dangling"))
      for (const name of ["link", "dangling"]) {
        const file = yield* StateFile.open("state", at(name))
        yield* file.write("first")
        yield* file.write(name)
      }
      assert.strictEqual(yield* fs.readFileString(at("target")), "link")
      assert.strictEqual((yield* fs.stat(at("target"))).mode & 0o7777, 0o640)
      assert.strictEqual(yield* fs.readFileString(at("new")), "dangling")
      assert.strictEqual(yield* fs.readLink(at("link")), "target")
      assert.sameMembers([...(yield* files)], [
        "target",
        "link",
        "new",
        "dangling",
        "target.lock",
        "new.lock"
      ])
    }))

  it.effect("leave every other file and link in the directory alone", () =>
    Effect.gen(function*() {
      const { at, fs } = yield* directory
      yield* fs.writeFileString(at("precious"), "precious")
      yield* fs.symlink("precious", at("state.tmp"))
      yield* fs.writeFileString(at("other.tmp"), "mine")
      for (const name of ["state", "other"]) {
        const file = yield* StateFile.open("state", at(name))
        yield* file.write("text")
      }
      assert.strictEqual(yield* fs.readFileString(at("precious")), "precious")
      assert.strictEqual(yield* fs.readLink(at("state.tmp")), "precious")
      assert.strictEqual(yield* fs.readFileString(at("other.tmp")), "mine")
    }))

  it.effect("are not locked by a file or link of the user", () =>
    Effect.gen(function*() {
      const { at, files, fs } = yield* directory
      yield* fs.writeFileString(at("pid"), "999999999\n")
      yield* fs.symlink("pid", at("a.lock"))
      yield* fs.writeFileString(at("b.lock"), "notes")
      yield* fs.writeFileString(at("c.lock"), "999999999\n")
      const before = yield* files
      for (const name of ["a", "b"]) {
        const error = yield* Effect.flip(StateFile.open("state", at(name)))
        assert.strictEqual(Failure.exitCodeOf(error), 2)
        assert.include(error.message, `${name}.lock exists, and is not a lock of this command.`)
      }
      assert.deepStrictEqual(yield* files, before)
      yield* Effect.scoped(StateFile.open("state", at("c")))
      assert.sameMembers([...(yield* files)], ["pid", "a.lock", "b.lock"])
    }))

  it.effect("say that the disk is full, and leave no file behind", () =>
    Effect.gen(function*() {
      const { at, files, fs } = yield* directory
      yield* fs.writeFileString(at("state"), "old")
      for (const end of [".lock", ".tmp"]) {
        const write = Effect.flatMap(StateFile.open("state", at("state")), (file) => file.write("new"))
        const error = yield* Effect.scoped(write).pipe(
          Effect.provideService(FileSystem.FileSystem, full(fs, (path) => path.endsWith(end))),
          Effect.flip
        )
        assert.strictEqual(Failure.exitCodeOf(error), 1)
        assert.match(Failure.describe(error).what, /^--state: \S+state cannot be written, because the disk is full\.$/)
        assert.deepStrictEqual(yield* files, ["state"])
        assert.strictEqual(yield* fs.readFileString(at("state")), "old")
      }
    }))

  it.effect("name fields in errors, and no value", () =>
    Effect.gen(function*() {
      const { at } = yield* directory
      const file = yield* StateFile.open("state", at("state"))
      const error = StateFile.refuse("state", file, 3)(
        new CommsError.InvalidInput({
          call: "read",
          field: "version",
          issues: [
            issue("version", "Expected number, got \"s3cret, got s3cret\""),
            issue("x", "Unexpected key with value \"s3cret\""),
            issue("madeAt", "s3cret"),
            issue("a", "Missing key"),
            issue("b", "Missing key"),
            issue("c", "Missing key"),
            issue("d", "Missing key")
          ]
        })
      )
      assert.strictEqual(
        error.why,
        "Line 3: version: Expected number. x: Unexpected key. madeAt: Expected a valid value. a: Missing key. " +
          "b: Missing key. There are 2 more problems."
      )
      const version = StateFile.refuse("state", file)(
        new CommsError.CheckpointMismatch({ call: "read", part: "version", detail: "it has version 12345" })
      )
      assert.strictEqual(version.why, "The checkpoint was written by another version of this library.")
    }))
})
