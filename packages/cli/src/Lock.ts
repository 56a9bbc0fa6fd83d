// A file beside another one, with the id of the process that holds it.
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { randomUUID } from "node:crypto"
import { readFileSync, rmSync } from "node:fs"
import process from "node:process"
import { UsageError } from "./Failure.ts"
import * as Files from "./Files.ts"
import { shown } from "./Shown.ts"

const isTaken = (error: PlatformError.PlatformError): boolean => error.reason._tag === "AlreadyExists"

const isRunning = (pid: number): boolean =>
  // A process with the id of this one has ended, such as the previous one in a container.
  pid !== process.pid &&
  Effect.runSync(Effect.match(Effect.try(() => process.kill(pid, 0)), {
    onSuccess: () => true,
    onFailure: ({ cause }) => !Predicate.hasProperty(cause, "code") || cause.code !== "ESRCH"
  }))

const ownContent = `${process.pid}\n`

// Also runs at the exit of the process, which a closed pipe causes without an interruption.
const removeOwn = (lock: string) => () =>
  Effect.runSync(Effect.ignore(Effect.try(() => {
    if (readFileSync(lock, "utf8") === ownContent) rmSync(lock)
  })))

/** Whether the lock could be created. */
const create = Effect.fnUntraced(
  function*(lock: string) {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(lock, { flag: "wx" })
    yield* Effect.tapError(
      file.writeAll(new TextEncoder().encode(ownContent)),
      () => Effect.ignore(fs.remove(lock))
    )
    return true
  },
  Effect.scoped,
  Effect.catchIf(isTaken, () => Effect.succeed(false))
)

/** The id of the process that holds the lock; undefined if the file is not a lock of this command. */
const holderOf = Effect.fnUntraced(function*(lock: string) {
  const fs = yield* FileSystem.FileSystem
  if (Option.isSome(yield* Effect.option(fs.readLink(lock)))) return undefined
  // A lock is empty for a moment while its process writes its id.
  const text = yield* Effect.repeat(fs.readFileString(lock), {
    schedule: Schedule.spaced("20 millis"),
    times: 10,
    until: (text) => text !== ""
  })
  const [, pid] = /^([1-9]\d{0,8})\n$/.exec(text) ?? []
  return pid === undefined ? undefined : Number(pid)
})

const held = (flag: string, path: string, lock: string, holder: number | undefined) =>
  new UsageError(
    holder === undefined
      ? {
        what: `--${flag}: ${shown(path)} cannot be locked. Nothing was sent.`,
        why: `${shown(lock)} exists, and is not a lock of this command.`,
        advice: "Remove that file if it is not needed, or name another file."
      }
      : {
        what: `--${flag}: ${shown(path)} is in use by process ${holder}. Nothing was sent.`,
        why: `${shown(lock)} holds the id of that process.`,
        advice: "Wait until that process has ended, or name another file."
      }
  )

const take = Effect.fnUntraced(function*(flag: string, path: string, lock: string) {
  const fs = yield* FileSystem.FileSystem
  if (yield* create(lock)) return
  const holder = yield* holderOf(lock)
  if (holder === undefined || isRunning(holder)) return yield* held(flag, path, lock, holder)
  const stale = `${lock}.${randomUUID()}`
  yield* fs.rename(lock, stale)
  const moved = yield* holderOf(stale)
  if (moved !== holder) {
    // Another process has taken over the lock since it was read.
    yield* fs.rename(stale, lock)
    return yield* held(flag, path, lock, moved)
  }
  yield* fs.remove(stale)
  if (!(yield* create(lock))) return yield* held(flag, path, lock, yield* holderOf(lock))
})

/** Creates the lock beside the target, takes over the lock of a process that has ended, and removes it at the end. */
export const acquire = Effect.fnUntraced(function*(flag: string, path: string, target: string) {
  const lock = `${target}.lock`
  const remove = removeOwn(lock)
  yield* Effect.acquireRelease(
    take(flag, path, lock).pipe(
      // The lock can disappear at any time, when its process ends.
      Effect.retry({ times: 3, while: (error) => error._tag === "PlatformError" && Files.isMissing(error) }),
      Effect.catchTag("PlatformError", (error) => Effect.fail(Files.notWritten(flag, path, false)(error))),
      Effect.andThen(Effect.sync(() => process.once("exit", remove)))
    ),
    () =>
      Effect.sync(() => {
        process.off("exit", remove)
        remove()
      })
  )
})
