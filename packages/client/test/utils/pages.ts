import { Paging } from "@effect-comms/client"
import { Pagination } from "@effect-comms/domain"
import { Effect, Schema } from "effect"
import { anonymous } from "../../src/internal/checkpoint.ts"
import { sent } from "./script.ts"

export const idOf = (n: number) => `comms_operation_0${String(n).padStart(25, "0")}`

export const idsOf = (from: number, count: number) => Array.from({ length: count }, (_, n) => idOf(from + n))

export const tokensSent = Effect.map(sent, (sent) => sent.map(({ url }) => url.searchParams.get("pageToken")))

export const tokenOf = (n: number) => Pagination.PageToken.make(`t${n}`)

const Query = Schema.Struct({
  after: Schema.optionalKey(Schema.Int),
  pageToken: Schema.optionalKey(Pagination.PageToken)
})

interface Params {
  readonly after?: number
  readonly pageToken?: string
}

interface Thing {
  readonly id: string
}

interface ThingPage {
  readonly things: ReadonlyArray<Thing>
  readonly invalid: ReadonlyArray<never>
  readonly pagination: Pagination.PaginationMetadata
}

/** A list of another resource. Page n has thing n, and its next token is that of page `next(n) + 1`. */
export const things = (next: (at: number) => number): Paging.Streams<Params, ThingPage, Thing, never> =>
  Paging.make({
    resource: "Things",
    identity: Effect.succeed(anonymous),
    params: Query,
    query: Query,
    fetchPage: ({ pageToken }: typeof Query.Type) =>
      Effect.sync((): ThingPage => {
        const at = pageToken === undefined ? 0 : Number(pageToken.slice(1)) + 1
        return {
          things: [{ id: `thing ${at}` }],
          invalid: [],
          pagination: new Pagination.PaginationMetadata({
            next: tokenOf(next(at)),
            self: pageToken ?? Pagination.PageToken.make("first")
          })
        }
      }),
    items: ({ things }: ThingPage) => things
  })
