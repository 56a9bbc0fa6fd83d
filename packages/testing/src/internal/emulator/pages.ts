// The pages and the items in an answer of any resource.
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Wire } from "./model.ts"

const Item = Schema.Record(Schema.String, Schema.Json)

export type Item = typeof Item.Type

const Text = Schema.fromJsonString(Item)

const decode = Schema.decodeOption(Text)

const encode = Schema.encodeSync(Text)

const Pagination = Schema.Struct({ next: Schema.NullOr(Schema.String), self: Schema.String })

const isPagination = Schema.is(Pagination)

const isItems = Schema.is(Schema.Array(Item))

/** A page: the one array beside `pagination`, by the key that the resource gives it. */
export interface Page {
  readonly key: string
  readonly items: ReadonlyArray<Item>
  readonly pagination: typeof Pagination.Type
}

const pageOf = ({ pagination, ...rest }: Item): Page | undefined => {
  const [list, ...others] = Object.entries(rest).flatMap(([key, value]) =>
    isItems(value) ? [{ key, items: value }] : []
  )
  return list !== undefined && others.length === 0 && isPagination(pagination) ? { ...list, pagination } : undefined
}

const mapBody = (wire: Wire, f: (body: Item) => Item): Wire =>
  wire.status < 200 || wire.status > 299 ? wire : Option.match(decode(wire.body), {
    onNone: () => wire,
    onSome: (body) => ({ ...wire, body: encode(f(body)) })
  })

/** Changes a page. Any other answer stays as it is. */
export const mapPage = (wire: Wire, f: (page: Page) => Omit<Page, "key">): Wire =>
  mapBody(wire, (body) => {
    const page = pageOf(body)
    if (page === undefined) return body
    const { items, pagination } = f(page)
    return { ...body, [page.key]: items, pagination }
  })

/** Changes each item of a page by its index, or the one resource that the answer holds, with no index. */
export const mapItems = (wire: Wire, f: (item: Item, index?: number) => Item): Wire =>
  mapBody(wire, (body) => {
    const page = pageOf(body)
    return page === undefined ? f(body) : { ...body, [page.key]: page.items.map(f) }
  })
