/**
 * The pages of every list. An item that cannot be decoded does not hide the other items of its page.
 *
 * @module
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaCompiler from "effect/schema/SchemaCompiler"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { InvalidItem } from "./CommsError.ts"
import type * as Endpoint from "./Endpoint.ts"
import { omitUndefined } from "./Input.ts"
import * as Fast from "./internal/fast.ts"
import { PaginationMetadata } from "./Pagination.ts"

/**
 * A page on the wire, with its items under the key of their resource.
 *
 * @category models
 * @since 0.1.0
 */
export type Wire<Key extends string, A> = { readonly [K in Key]: ReadonlyArray<A> } & {
  /** The tokens of this page and the next. */
  readonly pagination: PaginationMetadata
}

/**
 * A page as the client reads it: the items that could be decoded, and an error for each of the others.
 *
 * @category models
 * @since 0.1.0
 */
export type Page<Key extends string, A> = Wire<Key, A> & {
  /** An error for each item that could not be decoded. */
  readonly invalid: ReadonlyArray<InvalidItem>
}

/**
 * The schema of a page.
 *
 * **Details**
 *
 * Decoding reads the page strictly and each item by itself. `wire` is the strict schema of the contract, which servers
 * and the OpenAPI document use.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageSchema<Key extends string, Item extends Endpoint.Body>
  extends Schema.Codec<Page<Key, Item["Type"]>, unknown>
{
  readonly wire: Schema.Codec<Wire<Key, Item["Type"]>, unknown> & Endpoint.Body
}

// The items stay as they are on the wire.
const Items = Schema.declare<ReadonlyArray<unknown>>(Array.isArray, {
  expected: "an array",
  toCodecJson: () => undefined
})

const maxIdLength = 100

const idOf = (item: unknown): string | undefined => {
  const id = Predicate.hasProperty(item, "id") ? item.id : undefined
  return typeof id === "string" && id.length <= maxIdLength ? id : undefined
}

interface PageOf {
  readonly [key: string]: ReadonlyArray<unknown> | PaginationMetadata
  readonly pagination: PaginationMetadata
}

interface Options<Key extends string, Item> {
  /** The key of the items in a page, such as `operations`. */
  readonly key: Key
  /** The schema of an item. */
  readonly item: Item
  /** The name in the OpenAPI document. */
  readonly identifier: string
  /** The description in the OpenAPI document. */
  readonly description: string
}

/**
 * Makes the schema of a page from the schema of its items.
 *
 * @category schemas
 * @since 0.1.0
 */
export function make<const Key extends string, Item extends Schema.Codec<unknown, unknown> & Endpoint.Body>(
  options: Options<Key, Item>
): PageSchema<Key, Item>
// The type of an object with a computed key is not precise, so only the signature above is.
export function make({ description, identifier, item, key }: Options<string, Schema.Codec<unknown>>): unknown {
  const annotations = { identifier, title: identifier, description }
  const wire = Schema.Struct({ [key]: Schema.Array(item), pagination: PaginationMetadata }).annotate(annotations)
  const fast = Fast.find(item)
  const decodeItem = Schema.decodeUnknownResult(Schema.toCodecJson(item))
  const encodeItem = Schema.encodeUnknownEffect(Schema.toCodecJson(item))

  const itemsOf = ({ [key]: items }: PageOf): ReadonlyArray<unknown> => Array.isArray(items) ? items : []

  const read = (page: PageOf): PageOf => {
    const items: Array<unknown> = []
    const invalid: Array<InvalidItem> = []
    itemsOf(page).forEach((input, index) => {
      const item = fast(input)
      if (item !== SchemaCompiler.invalid) {
        items.push(item)
        return
      }
      const result = decodeItem(input)
      if (Result.isSuccess(result)) {
        items.push(result.success)
        return
      }
      const problem = result.failure.message
      invalid.push(new InvalidItem(omitUndefined({ index, pageToken: page.pagination.self, id: idOf(input), problem })))
    })
    return { [key]: items, invalid, pagination: page.pagination }
  }

  const isPage = (u: unknown): u is PageOf =>
    Predicate.isObject(u) && Array.isArray(u[key]) && Array.isArray(u["invalid"]) &&
    u["pagination"] instanceof PaginationMetadata

  const page = Schema.Struct({ [key]: Items, pagination: PaginationMetadata }).pipe(
    Schema.decodeTo(
      Schema.declare(isPage),
      SchemaTransformation.transformEffect({
        decode: (page: PageOf) => Effect.sync(() => read(page)),
        encode: (page: PageOf) =>
          Effect.mapBoth(Effect.forEach(itemsOf(page), (item) => encodeItem(item)), {
            onFailure: ({ issue }) => issue,
            onSuccess: (items) => ({ [key]: items, pagination: page.pagination })
          })
      })
    )
  )
  return Object.assign(page, { wire })
}
