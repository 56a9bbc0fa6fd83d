import * as SenderPools from "@effect-comms/client/SenderPools"
import { makeDecoder, omitUndefined } from "@effect-comms/domain/Input"
import * as SenderPool from "@effect-comms/domain/SenderPool"
import type { Tags } from "@effect-comms/domain/Tags"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Api from "../../Api.ts"
import { UsageError } from "../../Failure.ts"
import * as Format from "../../Format.ts"
import * as Resource from "../../Resource.ts"

export interface Input {
  readonly id: string
  readonly name: Option.Option<string>
  readonly tags: Option.Option<Tags>
  readonly dryRun: boolean
  readonly format: Option.Option<Format.Format>
}

const shape = Format.plainShape("id", "action", "name", "tags")

const check = makeDecoder("SenderPools.update", "input", SenderPool.UpdateInput)

export const run = Effect.fnUntraced(function*({ dryRun, format, id, name, tags }: Input) {
  if (Option.isNone(name) && Option.isNone(tags)) {
    return yield* new UsageError({ what: "No change is named. Nothing was sent.", advice: "Add --name or --tag." })
  }
  const changes = omitUndefined({ name: Option.getOrUndefined(name), tags: Option.getOrUndefined(tags) })
  const row = {
    id,
    name: changes.name ?? null,
    tags: changes.tags === undefined ? null : Resource.tagsOf(changes.tags)
  }
  yield* check(changes)
  if (dryRun) return yield* Format.printDocument(shape, format, { ...row, action: "update" })
  yield* Effect.gen(function*() {
    yield* (yield* SenderPools.SenderPools).update(id, changes)
    yield* Format.printDocument(shape, format, { ...row, action: "accepted" })
  }).pipe(Effect.provide(Api.layerSenders))
})
