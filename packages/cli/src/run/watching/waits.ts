// The waits of a command in a file: a line for each operation.
import { CommsClient } from "@effect-comms/client/CommsClient"
import * as Checkpoint from "@effect-comms/domain/Checkpoint"
import * as CommsError from "@effect-comms/domain/CommsError"
import { WaitCheckpoint } from "@effect-comms/domain/WaitCheckpoint"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Semaphore from "effect/Semaphore"
import type { UsageError } from "../../Failure.ts"
import * as StateFile from "../../StateFile.ts"

export interface Waits {
  /** Where the wait for an operation stood. */
  readonly of: (id: string) => WaitCheckpoint | undefined
  /** Ends when the checkpoint is in the file. */
  readonly save: (checkpoint: WaitCheckpoint) => Effect.Effect<void, UsageError>
  /** These have ended, and are not waited for again. */
  readonly end: (ids: ReadonlyArray<string>) => Effect.Effect<void, UsageError>
  /** Turns what is said of a checkpoint into what is said of the file. */
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

// All of them are of one client, and have to be of this one before any is asked for.
const check = Effect.fnUntraced(function*(waits: ReadonlyMap<string, WaitCheckpoint>) {
  const { identity } = yield* CommsClient
  const { account, baseUrl } = yield* identity
  for (const checkpoint of waits.values()) {
    const part = checkpoint.baseUrl === baseUrl ? checkpoint.account === account ? undefined : "account" : "baseUrl"
    if (part !== undefined) return yield* new CommsError.CheckpointMismatch({ call: "watch", part })
  }
})

const make = Effect.fnUntraced(function*(path: string) {
  const file = yield* StateFile.open(flag, path)
  const refuse = StateFile.refuse(flag, file)
  const waits = new Map<string, WaitCheckpoint>()
  yield* Effect.gen(function*() {
    for (const line of file.text?.trim().split("\n") ?? []) {
      const checkpoint = yield* read(line)
      waits.set(checkpoint.operationId, checkpoint)
    }
    yield* check(waits)
  }).pipe(Effect.mapError(refuse))

  const semaphore = yield* Semaphore.make(1)
  let changes = 0
  let written = 0
  // Many may change at once: who gets to write writes for all, and the others need not.
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

/** The waits in the file that is named, or none. */
export const open = (path: Option.Option<string>) =>
  Option.match(path, { onNone: () => Effect.succeed(none), onSome: make })
