/**
 * Changes of SenderPools that take several requests: creating a pool and waiting for it, adding any number of Senders,
 * and giving a pool exactly the wanted Senders.
 *
 * @module
 * @since 0.1.0
 */
import type * as CommsError from "@effect-comms/domain/CommsError"
import { DurationFromInput, intFrom, makeDecoder, omitUndefined } from "@effect-comms/domain/Input"
import type * as Outcome from "@effect-comms/domain/Outcome"
import { fromOperation } from "@effect-comms/domain/Outcome"
import { maxPageSize } from "@effect-comms/domain/Pagination"
import { SenderId } from "@effect-comms/domain/Sender"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import { SenderPoolNotFound } from "@effect-comms/domain/SenderPoolError"
import type { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import { TimestampFromInput, type TimestampInput } from "@effect-comms/domain/Timestamp"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import * as Adding from "./internal/changes/adding.ts"
import * as Reading from "./internal/changes/reading.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import type * as Operations from "./Operations.ts"
import type * as Paging from "./Paging.ts"
import { SenderPoolOperations } from "./SenderPoolOperations.ts"
import { type Errors, SenderPools } from "./SenderPools.ts"
import * as Waiting from "./Waiting.ts"

export { type AddProgress, type FailedSender, type Part, type PartError } from "./internal/changes/adding.ts"

/**
 * Options of every change.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How the operations are waited for. */
  readonly wait?: Waiting.Options | undefined
  /** How long a list may not show a change yet. Default 1 minute. Range 0 and above. */
  readonly listGrace?: Duration.Input | undefined
}

/**
 * Options of a change that adds Senders.
 *
 * @category models
 * @since 0.1.0
 */
export interface AddOptions extends Options {
  /** The maximum number of Senders in one request. Default 1,000. Range 1 to 1,000. */
  readonly partSize?: number | undefined
  /** How often a Sender is sent at most, if its requests fail. Default 3. Range from 1. */
  readonly maxRounds?: number | undefined
  /**
   * When an earlier run started that was interrupted. The operations since then that are still in progress are waited
   * for first, and up to `listGrace` until the list shows what they added. They can be of other pools, because an
   * operation has no pool id. Default none are waited for.
   */
  readonly since?: TimestampInput | undefined
  /** Called whenever a part makes progress. */
  readonly onProgress?: ((progress: Adding.AddProgress) => Effect.Effect<void>) | undefined
}

const CommonOptions = Schema.Struct({
  listGrace: Schema.optional(DurationFromInput),
  // An interval can be a schedule. The wait checks it.
  wait: Schema.optional(Schema.Struct(Struct.omit(Waiting.Options.fields, ["interval"])))
})

const defaultGrace = Duration.minutes(1)

const defaultRounds = 3

// The clocks of the server and of this machine differ.
const clockSkew = Duration.seconds(5)

/**
 * A pool that was created.
 *
 * **Details**
 *
 * - `outcome`: how its operation ended. If Senders failed, {@link ensure} finds out which and adds them.
 * - `lost`: the error of the request, if its response was lost. The pool was found by its name and creation time.
 *
 * @category models
 * @since 0.1.0
 */
export type Created =
  | { readonly pool: SenderPool.SenderPool; readonly outcome: Outcome.Outcome<SenderPoolOperation> }
  | { readonly pool: SenderPool.SenderPool; readonly lost: CommsError.OutcomeUnknown | CommsError.InternalServerError }

/**
 * The errors of {@link createAndAwait}.
 *
 * @category errors
 * @since 0.1.0
 */
export type CreateError =
  | Errors["create"]
  | Paging.StreamError<Errors["list"]>
  | Errors["list"]
  | Waiting.WatchError
  | SenderPoolNotFound

/**
 * The errors of reading the Senders of a pool.
 *
 * @category errors
 * @since 0.1.0
 */
export type ReadError = Paging.StreamError<Errors["listSenders"]>

/**
 * The errors of {@link addSendersAndAwait} and {@link ensure}. They are errors of reading: a request that adds or
 * removes Senders and fails is in the result.
 *
 * @category errors
 * @since 0.1.0
 */
export type ChangeError = ReadError | Operations.StreamError | CommsError.InvalidInput

const decodeCreateOptions = makeDecoder("SenderPoolChanges.createAndAwait", "options", CommonOptions)

/**
 * Creates a pool, waits for its operation, and returns the pool.
 *
 * **Details**
 *
 * The pool is found by its operation, for up to `listGrace` after the operation has ended. If the response of the
 * request is lost, the request is not sent again. Instead, the pool is found by its name among the pools that were
 * created since then, for up to `listGrace`. If there is not exactly one such pool, or if the input has no name, the
 * call fails with the error of the request.
 *
 * **Gotchas**
 *
 * After a lost response, a pool of the same name that another program creates at the same time cannot be distinguished.
 *
 * **Example** (Create a pool)
 *
 * ```ts
 * import { SenderPoolChanges } from "@effect-comms/client"
 * import { Effect } from "effect"
 *
 * export const create = Effect.gen(function*() {
 *   const { pool } = yield* SenderPoolChanges.createAndAwait({ name: "Sales", tags: { region: "APAC" } })
 *   return pool.id
 * })
 * ```
 *
 * @category changes
 * @since 0.1.0
 */
export const createAndAwait = Effect.fn("SenderPoolChanges.createAndAwait")(function*(
  input: SenderPool.CreateInput,
  options: Options = {}
): Effect.fn.Return<Created, CreateError, SenderPools | SenderPoolOperations> {
  const { listGrace = defaultGrace } = yield* decodeCreateOptions(options)
  const pools = yield* SenderPools
  const operations = yield* SenderPoolOperations
  const startDate = DateTime.subtractDuration(yield* DateTime.now, clockSkew)
  const accepted = yield* Effect.result(pools.create(input))

  if (Result.isFailure(accepted)) {
    const lost = accepted.failure
    if ((lost._tag !== "OutcomeUnknown" && lost._tag !== "InternalServerError") || input.name === undefined) {
      return yield* lost
    }
    const named = pools.stream({ startDate, pageSize: maxPageSize }).pipe(
      Stream.filter(({ name }) => name === input.name),
      Stream.runCollect,
      Reading.patiently
    )
    const [pool, ...others] = yield* Reading.readUntil(named, ({ length }) => length > 0, listGrace)
    return pool === undefined || others.length > 0 ? yield* lost : { pool, lost }
  }

  const { operationId } = accepted.success
  const outcome = yield* operations.awaitCompletion(operationId, options.wait)
  const endedAt = yield* monotonicMillis
  const ofOperation = Effect.map(Reading.patiently(pools.list({ operationId })), ({ senderPools }) =>
    // More than one means that the server ignores the filter.
    senderPools.length > 1 ? senderPools.filter(({ name }) => name === input.name) : senderPools)
  const found = yield* Reading.readUntil(
    ofOperation,
    ({ length }) => length === 1,
    outcome._tag === "Canceled" ? Duration.zero : listGrace
  )
  const [pool, ...others] = found
  if (pool !== undefined && others.length === 0) return { pool, outcome }
  const waited = Duration.millis((yield* monotonicMillis) - endedAt)
  return yield* new SenderPoolNotFound({ operationId, outcome, found: found.length, waited })
})

const Arguments = Schema.Struct({
  senderPoolId: SenderPool.SenderPoolId,
  senders: Schema.Array(Schema.Struct({ senderId: SenderId })),
  options: Schema.Struct({
    ...CommonOptions.fields,
    partSize: Schema.optional(intFrom(1, SenderPool.maxSenders.add)),
    maxRounds: Schema.optional(intFrom(1)),
    since: Schema.optional(TimestampFromInput)
  })
})

/**
 * What happened to the Senders that were to be added.
 *
 * **Details**
 *
 * - `already`: how many were in the pool before.
 * - `added`: how many were added.
 * - `failed`: the Senders that are not in the pool, each with its error if there is one.
 * - `parts`: every request, and how it ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Added {
  readonly already: number
  readonly added: number
  readonly failed: ReadonlyArray<Adding.FailedSender>
  readonly parts: ReadonlyArray<Adding.Part>
}

const decodeAdd = makeDecoder("SenderPoolChanges.addSendersAndAwait", "arguments", Arguments)

/**
 * Adds any number of Senders to a pool, and waits until they are in it.
 *
 * **Details**
 *
 * Senders that are in the pool are not sent, and repeated ids are sent once. The others are split into requests of up
 * to 1,000, which flow control paces. Each operation is waited for. Afterwards the Senders of the pool are listed, and
 * that list decides which Senders failed. So no Sender is lost, whatever the responses were.
 *
 * If a request failed for a transient reason, or if its response was lost, those of its Senders that the list does not
 * have are sent again. Operations that such a request may have made are waited for first. If an error of the API names
 * some Senders of a request, the others are sent again.
 *
 * After a crash, run it again with `since`: it waits for the operations of the earlier run, then sends only the Senders
 * that are not in the pool.
 *
 * **Example** (Report the Senders that failed)
 *
 * ```ts
 * import { SenderPoolChanges } from "@effect-comms/client"
 * import { Console, Effect } from "effect"
 *
 * export const addAll = Effect.fn("addAll")(function*(poolId: string, ids: ReadonlyArray<string>) {
 *   const senders = ids.map((senderId) => ({ senderId }))
 *   const { added, already, failed } = yield* SenderPoolChanges.addSendersAndAwait(poolId, senders)
 *   yield* Console.log(`${added} added, ${already} were in the pool, ${failed.length} failed`)
 *   yield* Effect.forEach(failed, ({ senderId, error }) => Console.log(senderId, error?.message))
 * })
 * ```
 *
 * @category changes
 * @since 0.1.0
 */
export const addSendersAndAwait = Effect.fn("SenderPoolChanges.addSendersAndAwait")(function*(
  senderPoolId: string,
  senders: ReadonlyArray<SenderPool.SenderRef>,
  options: AddOptions = {}
): Effect.fn.Return<Added, ChangeError, SenderPools | SenderPoolOperations> {
  const input = yield* decodeAdd({ senderPoolId, senders, options })
  const { listGrace = defaultGrace, maxRounds = defaultRounds, partSize = SenderPool.maxSenders.add, since } =
    input.options
  const { onProgress = () => Effect.void, wait } = options
  const pools = yield* SenderPools
  const operations = yield* SenderPoolOperations
  const members = Reading.members(pools, senderPoolId)
  const startedAt = DateTime.subtractDuration(yield* DateTime.now, clockSkew)
  const known = new Set<string>()

  // Whether an operation of another run ended so recently that lists may not show its Senders yet. The list of members
  // decides about the Senders of an operation that does not end in time.
  const awaitOthers = Effect.fnUntraced(function*(startDate: DateTime.Utc) {
    const others = yield* operations.stream({ startDate, pageSize: maxPageSize }).pipe(
      Stream.filter(({ id }) => !known.has(id)),
      Stream.runCollect,
      Reading.patiently
    )
    const visibleSince = DateTime.subtractDuration(yield* DateTime.now, Duration.sum(listGrace, clockSkew))
    yield* Effect.forEach(
      others.filter(({ isTerminal }) => !isTerminal),
      ({ id }) => Effect.ignore(operations.awaitCompletion(id, wait)),
      { concurrency: "unbounded", discard: true }
    )
    return others.some(({ isTerminal, updatedAt }) => !isTerminal || DateTime.isGreaterThan(updatedAt, visibleSince))
  })

  const add = (senderIds: ReadonlyArray<SenderId>, report: (tally: Adding.Tally) => Effect.Effect<void>) =>
    pools.addSenders(senderPoolId, senderIds.map((senderId) => ({ senderId }))).pipe(
      Effect.flatMap(({ operationId }) => {
        known.add(operationId)
        return operations.watch(operationId, wait).pipe(
          Stream.tap(({ operation: { counts } }) => report({ ...counts, isEnded: false })),
          Stream.runLast,
          Effect.map((last): Adding.Part => ({
            senderIds,
            operationId,
            ...omitUndefined({
              outcome: Option.getOrUndefined(Option.flatMapNullishOr(last, ({ operation }) => fromOperation(operation)))
            })
          })),
          Effect.catch((error) => Effect.succeed<Adding.Part>({ senderIds, operationId, error }))
        )
      }),
      Effect.catch((error) => Effect.succeed<Adding.Part>({ senderIds, error })),
      Effect.tap((part) => report(Adding.tallyOf(part)))
    )

  const wanted = [...new Set(input.senders.map(({ senderId }) => senderId))]
  const isRecent = since !== undefined && (yield* awaitOthers(since))
  let todo = Adding.missing(
    wanted,
    yield* Reading.readUntil(
      members,
      (present) => Adding.missing(wanted, present).length === 0,
      isRecent ? listGrace : Duration.zero
    )
  )
  const already = wanted.length - todo.length
  const failed: Array<Adding.FailedSender> = []
  const parts: Array<Adding.Part> = []
  let progress: Adding.AddProgress = { total: todo.length, settled: 0, failed: 0, parts: 0, ended: 0 }

  for (let round = 1; todo.length > 0; round++) {
    const before = progress
    const chunks = Arr.chunksOf(todo, partSize)
    const tallies = chunks.map((): Adding.Tally => ({ settled: 0, failed: 0, isEnded: false }))
    const ended = yield* Effect.forEach(chunks, (senderIds, index) =>
      add(senderIds, (tally) =>
        Effect.suspend(() => {
          tallies[index] = tally
          progress = Adding.progressOf(before, tallies)
          return onProgress(progress)
        })), { concurrency: "unbounded" })
    parts.push(...ended)
    if (ended.some(Adding.isUnknown)) yield* awaitOthers(startedAt)
    const present = yield* Reading.readUntil(members, (present) => Adding.isVisible(ended, present), listGrace)
    const resolved = Adding.resolve(ended, present, round === maxRounds)
    failed.push(...resolved.failed)
    todo = resolved.again
    progress = {
      ...progress,
      settled: progress.total - todo.length,
      failed: failed.length
    }
    yield* onProgress(progress)
  }
  return { already, added: wanted.length - already - failed.length, failed, parts }
})

/**
 * How the Senders of a pool differ from the wanted ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly add: ReadonlyArray<SenderId>
  readonly remove: ReadonlyArray<SenderId>
  /** The number of Senders that are in the pool and wanted. */
  readonly keep: number
}

const decodeDifference = makeDecoder(
  "SenderPoolChanges.difference",
  "arguments",
  Schema.Struct(Struct.pick(Arguments.fields, ["senderPoolId", "senders"]))
)

/**
 * Compares the Senders of a pool with the wanted ones. It only reads.
 *
 * @category changes
 * @since 0.1.0
 */
export const difference = Effect.fn("SenderPoolChanges.difference")(function*(
  senderPoolId: string,
  senders: ReadonlyArray<SenderPool.SenderRef>
): Effect.fn.Return<Difference, ReadError | CommsError.InvalidInput, SenderPools> {
  const input = yield* decodeDifference({ senderPoolId, senders })
  const present = yield* Reading.members(yield* SenderPools, senderPoolId)
  const wanted = new Set(input.senders.map(({ senderId }) => senderId))
  const add = Adding.missing([...wanted], present)
  return { add, remove: Adding.missing([...present], wanted), keep: wanted.size - add.length }
})

/**
 * What changed in a pool.
 *
 * **Details**
 *
 * - `removed`: how many Senders were removed.
 * - `notRemoved`: the Senders that are in the pool although they were to be removed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ensured extends Added {
  readonly removed: number
  readonly notRemoved: ReadonlyArray<Adding.FailedSender>
}

// Each removal is a request. Flow control paces them.
const removals = 64

const decodeEnsure = makeDecoder("SenderPoolChanges.ensure", "arguments", Arguments)

/**
 * Gives a pool exactly the wanted Senders: adds those that it does not have, then removes the others. A second run
 * changes nothing.
 *
 * **Details**
 *
 * Senders are added as {@link addSendersAndAwait} does. The API removes one Sender with each request. The list of the
 * pool's Senders decides which removals failed.
 *
 * @category changes
 * @since 0.1.0
 */
export const ensure = Effect.fn("SenderPoolChanges.ensure")(function*(
  senderPoolId: string,
  senders: ReadonlyArray<SenderPool.SenderRef>,
  options: AddOptions = {}
): Effect.fn.Return<Ensured, ChangeError, SenderPools | SenderPoolOperations> {
  const input = yield* decodeEnsure({ senderPoolId, senders, options })
  const { listGrace = defaultGrace, maxRounds = defaultRounds } = input.options
  const pools = yield* SenderPools
  const added = yield* addSendersAndAwait(senderPoolId, senders, options)
  const { remove } = yield* difference(senderPoolId, senders)
  const notRemoved: Array<Adding.FailedSender> = []
  let todo = remove
  for (let round = 1; todo.length > 0; round++) {
    const errors = new Map<string, CommsError.CommsError>()
    const removeOne = (senderId: SenderId) =>
      Effect.catch(
        pools.removeSender(senderPoolId, senderId),
        (error) => Effect.sync(() => errors.set(senderId, error))
      )
    yield* Effect.forEach(todo, removeOne, { concurrency: removals, discard: true })
    const present = yield* Reading.readUntil(
      Reading.members(pools, senderPoolId),
      (present) => todo.every((id) => !present.has(id) || !Adding.mayBeRemoved(errors.get(id))),
      listGrace
    )
    const resolved = Adding.resolveRemoval(todo, errors, present, round === maxRounds)
    notRemoved.push(...resolved.failed)
    todo = resolved.again
  }
  return { ...added, removed: remove.length - notRemoved.length, notRemoved }
})
