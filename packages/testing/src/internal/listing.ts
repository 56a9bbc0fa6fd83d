// The pages of a list, and what their tokens mean, for the emulator and the mock.
import * as CommsError from "@effect-comms/domain/CommsError"
import { defaultPageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { currentMillis } from "./currentMillis.ts"
import { twilioError } from "./errors.ts"
import type * as Family from "./family.ts"
import { hash } from "./seeded.ts"
import * as Token from "./token.ts"

/** The filters of a list, the first position to read, and how many items. Positions follow the order of creation. */
export interface Query extends Pick<Family.Query, "startDate" | "endDate" | "status"> {
  readonly from: number
  readonly limit: number
}

/** The items of one page, and the position of the next page if there is one. */
export interface Slice<A> {
  readonly items: ReadonlyArray<A>
  readonly next: Option.Option<number>
}

const badToken = (message: string) => new CommsError.BadRequest({ errors: [twilioError(400, "$.pageToken", message)] })

/** Reads one page. A token belongs to the list with the same filters, and is valid for some milliseconds. */
export const page = Effect.fnUntraced(function*<A>(
  resource: string,
  query: Family.Query,
  tokenLifetime: number,
  slice: (query: Query, now: number) => Slice<A>
) {
  const { endDate, pageSize = defaultPageSize, pageToken, startDate, status } = query
  const now = yield* currentMillis
  const dates = [startDate, endDate].map((date) => date && DateTime.formatIso(date))
  const list = hash([resource, ...dates, status].join())
  const token = pageToken === undefined
    ? { at: 0, copy: 0, list, given: now }
    : Option.getOrUndefined(Token.decode(pageToken))
  if (token === undefined) return yield* badToken("The page token is not one of this server's.")
  if (token.list !== list) return yield* badToken("The page token belongs to a list with other filters.")
  if (token.given !== null && now - token.given > tokenLifetime) {
    return yield* badToken("The page token has expired.")
  }
  const { items, next } = slice({ ...query, from: token.at, limit: pageSize }, now)
  return {
    operations: items,
    pagination: new PaginationMetadata({
      self: pageToken ?? PageToken.make(Token.encode(token)),
      next: Option.match(next, {
        onNone: () => null,
        onSome: (at) => PageToken.make(Token.encode({ at, copy: 0, list, given: now }))
      })
    })
  }
})
