// The pages of a list, and what their tokens mean, for the emulator and the mock.
import * as CommsError from "@effect-comms/domain/CommsError"
import { defaultPageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { currentMillis } from "./currentMillis.ts"
import { twilioError } from "./errors.ts"
import type * as Family from "./family.ts"
import { hash } from "./seeded.ts"
import * as Token from "./token.ts"

/** Where a page begins, and how many items it has. Positions follow the order of creation. */
export interface Window {
  readonly from: number
  readonly limit: number
}

/** The filters of a list of operations, and a page of it. */
export interface Query extends Pick<Family.Query, "startDate" | "endDate" | "status">, Window {}

/** The paging of a request. All its other fields are filters. */
interface Paged {
  readonly pageToken?: PageToken
  readonly pageSize?: number
}

/** The items of one page, and the position of the next page if there is one. */
export interface Slice<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<number>
}

const badToken = (message: string) => new CommsError.BadRequest({ errors: [twilioError(400, "$.pageToken", message)] })

/** How tokens are read. */
export interface Tokens {
  /** How long a token stays valid, in milliseconds. */
  readonly lifetime: number
  /** Whether a token stands for the first page of any list. */
  readonly isFirstPage: (token: string) => boolean
}

/** Reads one page. A token belongs to the list with the same filters. */
export const page = Effect.fnUntraced(function*<Q extends Paged, A>(
  list: string,
  query: Q,
  { isFirstPage, lifetime }: Tokens,
  slice: (query: Omit<Q, keyof Paged> & Window, now: number) => Slice<A>
) {
  const { pageSize = defaultPageSize, pageToken: given, ...filters } = query
  const pageToken = given !== undefined && isFirstPage(given) ? undefined : given
  const now = yield* currentMillis
  const id = hash([list, ...Object.entries(filters).map(([name, value]) => `${name}=${value}`)].join())
  const token = pageToken === undefined
    ? { at: 0, copy: 0, list: id, given: now }
    : Option.getOrUndefined(Token.decode(pageToken))
  if (token === undefined) return yield* badToken("The page token is not one of this server's.")
  if (token.list !== id) return yield* badToken("The page token belongs to a list with other filters.")
  if (token.given !== null && now - token.given > lifetime) {
    return yield* badToken("The page token has expired.")
  }
  const { items, next } = slice({ ...filters, from: token.at, limit: pageSize }, now)
  return {
    items,
    pagination: new PaginationMetadata({
      self: pageToken ?? PageToken.make(Token.encode(token)),
      next: Option.match(next, {
        onNone: () => null,
        onSome: (at) => PageToken.make(Token.encode({ at, copy: 0, list: id, given: now }))
      })
    })
  }
})
