import { Paging } from "@effect-comms/client"
import { Pagination } from "@effect-comms/domain"
import { Effect, Schema } from "effect"
import { anonymous } from "../../src/internal/checkpoint.ts"
import { sent } from "./script.ts"

export const idOf = (n: number) => `comms_operation_0${String(n).padStart(25, "0")}`

export const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, n) => idOf(from + n))

export const tokensSent = Effect.map(sent, (sent) => sent.map(({ url }) => url.searchParams.get("pageToken")))

export const tokenOf = (n: number) => Pagination.PageToken.make(`t${n}`)

const Params = Schema.Struct({ after: Schema.optional(Schema.Int), pageToken: Schema.optional(Pagination.PageToken) })

/** A list of another resource: page n has thing n in it, and the token of the page after `next` of it. */
export const things = (next: (at: number) => number) =>
  Paging.make({
    resource: "Things",
    identity: Effect.succeed(anonymous),
    params: Params,
    toFilters: ({ after }: { readonly after?: number | undefined } = {}): { readonly after?: number } =>
      after === undefined ? {} : { after },
    fetchPage: (_, pageToken) =>
      Effect.sync(() => {
        const at = pageToken === undefined ? 0 : Number(pageToken.slice(1)) + 1
        return {
          things: [{ name: `thing ${at}` }],
          pagination: new Pagination.PaginationMetadata({
            next: tokenOf(next(at)),
            self: pageToken ?? Pagination.PageToken.make("first")
          })
        }
      }),
    items: ({ things }) => things,
    parts: ({ name }) => [name]
  })
