// A file with the progress of a command. One process holds it at a time. It is read at the start, and replaced
// atomically.
import * as CommsError from "@effect-comms/domain/CommsError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { describe, type FileFailed, UsageError } from "./Failure.ts"
import * as Files from "./Files.ts"
import * as Lock from "./Lock.ts"
import { issuesOfFile, shown } from "./Shown.ts"

export interface StateFile {
  readonly path: string
  /** The content; undefined if the file is missing or empty. */
  readonly text: string | undefined
  readonly write: (text: string) => Effect.Effect<void, UsageError | FileFailed>
  readonly remove: Effect.Effect<void, UsageError | FileFailed>
}

const maxLinks = 40

/** The path behind symbolic links, also if it does not exist yet. */
const resolve = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  let target = paths.resolve(path)
  for (let links = 0; links < maxLinks; links++) {
    const real = yield* Effect.option(fs.realPath(target))
    if (Option.isSome(real)) return real.value
    const link = yield* Effect.option(fs.readLink(target))
    if (Option.isNone(link)) return target
    target = paths.resolve(paths.dirname(target), link.value)
  }
  return target
})

/** Writes a new file beside the target, and renames it. The target is complete at any time. */
const replace = Effect.fnUntraced(function*(target: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const temporary = `${target}.${randomUUID()}.tmp`
  const discard = <A>(effect: Effect.Effect<A, PlatformError.PlatformError>) =>
    Effect.tapError(effect, () => Effect.ignore(fs.remove(temporary)))
  const mode = yield* Effect.option(Effect.map(fs.stat(target), ({ mode }) => mode & 0o7777))
  yield* Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(temporary, { flag: "wx", ...(Option.isSome(mode) ? { mode: 0o600 } : {}) })
    yield* Effect.gen(function*() {
      yield* file.writeAll(new TextEncoder().encode(text))
      if (Option.isSome(mode)) yield* fs.chmod(temporary, mode.value)
      yield* file.sync
    }).pipe(discard)
  }))
  yield* discard(fs.rename(temporary, target))
})

const read = Effect.fnUntraced(function*(flag: string, path: string, target: string) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (why: string) =>
    new UsageError({
      what: `--${flag}: ${shown(path)} cannot be read.`,
      why,
      advice: "Name a file in an existing, writable directory."
    })
  return yield* Effect.gen(function*() {
    // Reading a pipe or a device could wait without end.
    if ((yield* fs.stat(target)).type !== "File") return yield* refuse("It is not a regular file.")
    return yield* fs.readFileString(target)
  }).pipe(
    Effect.catchTag(
      "PlatformError",
      (error) => Files.isMissing(error) ? Effect.succeed("") : Effect.fail(refuse(Files.whyOf(error)))
    )
  )
})

/**
 * Opens the file that a flag names, and holds it until the scope ends. Another process that opens it is refused
 * meanwhile.
 */
export const open = Effect.fnUntraced(function*(
  flag: string,
  path: string
): Effect.fn.Return<StateFile, UsageError | FileFailed, FileSystem.FileSystem | Path.Path | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const target = yield* resolve(path)
  yield* Lock.acquire(flag, path, target)
  const text = yield* read(flag, path, target)
  const refuse = Effect.mapError(Files.notWritten(flag, path, true))
  return {
    path,
    text: text.trim() === "" ? undefined : text,
    write: (text) =>
      replace(target, text).pipe(
        Effect.provideService(FileSystem.FileSystem, fs),
        refuse,
        Effect.uninterruptible
      ),
    remove: refuse(fs.remove(target, { force: true }))
  }
})

/** The error of a file whose checkpoint cannot be resumed. `line` is the line of the checkpoint. */
export const refuse = (flag: string, { path }: StateFile, line?: number) =>
(
  error: CommsError.CheckpointMismatch | CommsError.InvalidInput
): UsageError => {
  const file = `--${flag}: ${shown(path)}`
  if (error._tag === "InvalidInput") {
    return new UsageError({
      what: `${file} is not a file that this command has written, and is left as it is.`,
      why: `${line === undefined ? "" : `Line ${line}: `}${issuesOfFile(error.issues)}`,
      advice: "Name another file."
    })
  }
  const { call, part } = error
  // The detail of the error has a value of the file.
  const { advice, why } = describe(new CommsError.CheckpointMismatch({ call, part }))
  return new UsageError({ what: `${file} cannot be resumed. Nothing was sent.`, why: why.join(" "), advice })
}
