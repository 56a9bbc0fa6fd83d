// Creates a pool, adds Senders with progress, and lists those that failed.
import { SenderPoolChanges, SenderPoolOperations, SenderPools } from "@effect-comms/client"
import { Emulator, type FaultPlan } from "@effect-comms/testing"
import { Console, Duration, Effect, Layer } from "effect"
import { bar, makeLine } from "./line.ts"

const wait = { interval: { initial: "200 millis", max: "400 millis" } } as const

const createPool = Effect.fn("createPool")(function*(name: string, senderIds: ReadonlyArray<string>) {
  const { pool } = yield* SenderPoolChanges.createAndAwait({ name }, { wait })
  yield* Console.log(`Created the pool ${pool.name} (${pool.id}). Adding ${senderIds.length} Senders:`)
  const line = yield* makeLine
  const { added, failed, parts } = yield* SenderPoolChanges.addSendersAndAwait(
    pool.id,
    senderIds.map((senderId) => ({ senderId })),
    {
      wait,
      onProgress: ({ failed, settled, total }) =>
        line.show(`${bar(settled / total)} ${settled} of ${total} Senders, ${failed} failed`)
    }
  ).pipe(Effect.ensuring(line.end))
  yield* Console.log(`${added} Senders were added with ${parts.length} requests, and ${failed.length} failed:`)
  yield* Effect.forEach(
    failed,
    ({ error, senderId }) => Console.log(`  ${senderId}: ${error?.message ?? "the operation did not add it"}`)
  )
  return { pool, failed }
})

const faults: FaultPlan.FaultPlan = {
  rules: [
    { name: "slow", do: { _tag: "Delay", duration: Duration.millis(40) } },
    {
      name: "too many",
      when: { call: "SenderPools.addSenders", nth: [2] },
      do: { _tag: "Status", status: 429, retryAfter: 1 }
    }
  ]
}

const senders = 2_998

/** An emulator in this process that rejects one request, and a client of it. */
export const layer = Layer.mergeAll(SenderPools.layer, SenderPoolOperations.layer).pipe(
  Layer.provide(Emulator.layerClient),
  Layer.provideMerge(Emulator.layer({ senders, faults, writes: { plan: { duration: Duration.seconds(1) } } }))
)

/** Senders that the account does not have. */
export const unknown = ["comms_sender_01h9krwprkeee8fzqspvwy6nq8", "comms_sender_01h9krwprkeee8fzqspvwy6nq9"]

export const salesPool = Effect.flatMap(
  Emulator.Emulator,
  ({ senderIds }) => createPool("Sales", [...senderIds(senders), ...unknown])
)
