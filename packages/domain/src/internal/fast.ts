// Decodes an operation without the interpreter of its schema, which takes 20 times as long. An input that this decoder
// does not recognize is left to the schema, which decodes it or reports its issues.
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as SchemaCompiler from "effect/schema/SchemaCompiler"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import { withPrototype } from "./instances.ts"
import { makeUtc, utcMillis } from "./utc.ts"

type Fields = Readonly<Record<string, unknown>>

// Getters and inherited fields are left to the schema.
const isPlain = (input: unknown): input is Fields =>
  typeof input === "object" && input !== null && Object.getPrototypeOf(input) === Object.prototype

const isNatural = (n: unknown): n is number => typeof n === "number" && n >= 0 && Number.isSafeInteger(n)

/** Makes the function that copies counters whose keys have the order of the schema. */
const makeCounters = ({ indexSignatures, propertySignatures }: SchemaAST.Objects) => {
  const names = propertySignatures.map(({ name }) => name)
  const isOpen = indexSignatures.length > 0
  const required = isOpen ? 0 : names.length
  return (input: Fields): Fields | undefined => {
    let next = 0
    let found = 0
    for (const name in input) {
      if (!isNatural(input[name]) || name === "__proto__") return undefined
      let at = next
      while (at < names.length && names[at] !== name) at++
      if (at < names.length) {
        next = at + 1
        found++
      } else if (isOpen && !names.includes(name)) {
        next = names.length
      } else {
        return undefined
      }
    }
    return found >= required ? { ...input } : undefined
  }
}

type Decode = (input: unknown) => unknown

const installed = new WeakMap<SchemaAST.AST, Decode>()

/**
 * The decoder that is installed for a model, or one that recognizes nothing. A page calls it for each item: wrapping
 * each item in a result takes a fifth of the time of a page.
 */
export const find = (model: Schema.Top): Decode => installed.get(model.ast) ?? (() => SchemaCompiler.invalid)

const keys = "id,status,stats,createdAt,updatedAt"

/** Installs the decoder for the JSON codec of an operation's class. A class with other fields keeps the interpreter. */
export const install = (model: Schema.Codec<unknown, unknown> & { readonly prototype: object }): void => {
  const encoded = SchemaAST.toEncoded(model.ast)
  if (!SchemaAST.isObjects(encoded)) return
  const { propertySignatures } = encoded
  const stats = propertySignatures[2]?.type
  if (
    propertySignatures.map(({ name }) => name).join() !== keys || stats === undefined || !SchemaAST.isObjects(stats)
  ) {
    return
  }
  const Instance = withPrototype(
    model.prototype,
    function(id: string, status: string, stats: Fields, createdAt: DateTime.Utc, updatedAt: DateTime.Utc) {
      this["id"] = id
      this["status"] = status
      this["stats"] = stats
      this["createdAt"] = createdAt
      this["updatedAt"] = updatedAt
    }
  )
  const counters = makeCounters(stats)
  const decode = (input: unknown): unknown => {
    if (!isPlain(input)) return SchemaCompiler.invalid
    const { createdAt, id, stats, status, updatedAt } = input
    if (
      typeof id !== "string" || id === "" || typeof status !== "string" || !isPlain(stats) ||
      typeof createdAt !== "string" || typeof updatedAt !== "string"
    ) return SchemaCompiler.invalid
    const created = utcMillis(createdAt)
    const updated = utcMillis(updatedAt)
    const counts = counters(stats)
    return Number.isNaN(created) || Number.isNaN(updated) || counts === undefined
      ? SchemaCompiler.invalid
      : new Instance(id, status, counts, makeUtc(created), makeUtc(updated))
  }
  // The schema of the codec itself would find this decoder again.
  const decodeEffect = SchemaParser.decodeUnknownEffect(Schema.toCodecJson(model.annotate({})))
  SchemaCompiler.set(Schema.toCodecJson(model).ast, {
    decode: (input, { onExcessProperty = "ignore" }) =>
      onExcessProperty === "ignore" ? decode(input) : SchemaCompiler.invalid,
    decodeEffect
  })
  installed.set(model.ast, decode)
}
