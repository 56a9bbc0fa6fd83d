// The waits of a command in a file, one line per operation.
import { CommsClient } from "@effect-comms/client/CommsClient"
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import * as CommsError from "@effect-comms/domain/CommsError"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { FileFailed, UsageError } from "../../Failure.ts"
import * as Resource from "../../Resource.ts"
import * as StateFile from "../../StateFile.ts"

export interface Waits {
  /** The saved wait for an operation. */
  readonly of: (id: string) => WaitCheckpoint | undefined
  /** Completes when the checkpoint is in the file. */
  readonly save: (checkpoint: WaitCheckpoint) => Effect.Effect<void, UsageError | FileFailed>
  /** Removes operations that have ended. */
  readonly end: (ids: ReadonlyArray<string>) => Effect.Effect<void, UsageError | FileFailed>
  /** Turns an error of a checkpoint into an error of the file. */
  readonly refuse: (
    error: CommsError.CheckpointMismatch | CommsError.InvalidInput
  ) => UsageError | CommsError.CommsError
}

const none: Waits = {
  of: () => undefined,
  save: () => Effect.void,
  end: () => Effect.void,
  refuse: (error) => error
}

const flag = "checkpoint"

const read = Checkpoint.fromJson(WaitCheckpoint)

const write = Checkpoint.toJson(WaitCheckpoint)

// The file is checked as a whole: one of its waits may be for an id that this command does not have.
const check = Effect.fnUntraced(function*(waits: ReadonlyMap<string, WaitCheckpoint>) {
  const { identity } = yield* CommsClient
  const { resource } = (yield* Resource.current).family
  const own = { resource, ...yield* identity }
  for (const checkpoint of waits.values()) {
    for (const part of ["resource", "baseUrl", "account"] as const) {
      if (checkpoint[part] !== own[part]) return yield* new CommsError.CheckpointMismatch({ call: "watch", part })
    }
  }
})

const make = Effect.fnUntraced(function*(path: string) {
  const file = yield* StateFile.open(flag, path)
  const refuse = StateFile.refuse(flag, file)
  const waits = new Map<string, WaitCheckpoint>()
  for (const [index, line] of file.text?.trim().split("\n").entries() ?? []) {
    const checkpoint = yield* Effect.mapError(read(line), StateFile.refuse(flag, file, index + 1))
    waits.set(checkpoint.operationId, checkpoint)
  }
  yield* Effect.mapError(check(waits), refuse)

  const semaphore = yield* Semaphore.make(1)
  let changes = 0
  let written = 0
  // Concurrent changes share a write: the first writer writes all of them.
  const store = (change: number) =>
    semaphore.withPermits(1)(Effect.suspend(() => {
      if (change <= written) return Effect.void
      const upTo = changes
      const lines = Array.from(waits.values(), (checkpoint) => `${write(checkpoint)}\n`)
      return Effect.map(lines.length === 0 ? file.remove : file.write(lines.join("")), () => {
        written = upTo
      })
    }))

  const result: Waits = {
    of: (id) => waits.get(id),
    save: (checkpoint) =>
      Effect.suspend(() => {
        waits.set(checkpoint.operationId, checkpoint)
        return store(++changes)
      }),
    end: (ids) =>
      Effect.suspend(() => {
        for (const id of ids) waits.delete(id)
        return store(++changes)
      }),
    refuse
  }
  return result
})

/** The waits in the file of `--checkpoint`, or none. */
export const open = (path: Option.Option<string>) =>
  Option.match(path, { onNone: () => Effect.succeed(none), onSome: make })
