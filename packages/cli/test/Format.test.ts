import { assert, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as Format from "../src/Format.ts"

interface Row {
  readonly name: string
  readonly count: number
}

const shape: Format.Shape<Row> = {
  columns: [
    { name: "name", text: ({ name }) => name, colour: ({ name }) => name === "" ? undefined : "green" },
    { name: "count", title: "how many", text: ({ count }) => String(count), right: true }
  ],
  encode: (row) => row
}

const print = (format: Format.Format, pages: ReadonlyArray<ReadonlyArray<Row>>, colours = false) =>
  Stream.fromIterable(pages).pipe(
    Stream.flatMap((page) => Stream.fromIterable(page)),
    Format.toText(shape, format, colours),
    Stream.mkString
  )

it.effect("gives later rows of a table the widths of the first chunk", () =>
  Effect.gen(function*() {
    const table = yield* print("table", [[{ name: "first", count: 1 }], [{ name: "b", count: 20 }]])
    assert.strictEqual(table, "name   how many\nfirst         1\nb            20\n")
    const coloured = yield* print("table", [[{ name: "a", count: 1 }]], true)
    assert.include(coloured, "\u001b[32ma   \u001b[0m")
    assert.strictEqual(yield* print("table", []), "name  how many\n")
  }))

it.effect("writes CSV by RFC 4180, without formulas", () =>
  Effect.gen(function*() {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["plain", "plain"],
      ["a,b", "\"a,b\""],
      ["say \"no\"", "\"say \"\"no\"\"\""],
      ["two\r\nlines", "two lines"],
      ["=1+1", "'=1+1"],
      ["\t=1+1", "'=1+1"],
      ["@SUM(A1)", "'@SUM(A1)"],
      ["+cmd,x", "\"'+cmd,x\""],
      ["-1", "-1"]
    ]
    for (const [name, expected] of cases) {
      assert.strictEqual(yield* print("csv", [[{ name, count: 1 }]]), `name,count\r\n${expected},1\r\n`)
    }
    assert.strictEqual(yield* print("csv", []), "name,count\r\n")
  }))

it.effect("writes JSON pieces that form one document, and lines of JSON", () =>
  Effect.gen(function*() {
    const rows = [{ name: "a\u009b", count: 1 }, { name: "b", count: 2 }]
    const pages = rows.map((row) => [row])
    assert.strictEqual(
      yield* print("json", pages),
      "[\n  {\"name\":\"a\\u009b\",\"count\":1},\n  {\"name\":\"b\",\"count\":2}\n]\n"
    )
    assert.strictEqual(yield* print("json", []), "[\n]\n")
    assert.strictEqual(
      yield* print("ndjson", pages),
      "{\"name\":\"a\\u009b\",\"count\":1}\n{\"name\":\"b\",\"count\":2}\n"
    )
  }))

it.effect("completes a document before it fails", () =>
  Effect.gen(function*() {
    const pieces: Array<string> = []
    const failing = Stream.concat(Stream.succeed({ name: "a", count: 1 }), Stream.fail("broken"))
    const error = yield* Effect.flip(
      Stream.runForEach(
        Format.toText(shape, "json", false)(failing),
        (piece) => Effect.sync(() => pieces.push(piece))
      )
    )
    assert.strictEqual(error, "broken")
    assert.strictEqual(pieces.join(""), "[\n  {\"name\":\"a\",\"count\":1}\n]\n")
  }))

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

it("escapes in JSON every character that is invisible or steers a terminal, and no other", () => {
  const everything = Array.from({ length: 0x11_0000 }, (_, point) => point)
    .filter((point) => point < 0xd800 || point > 0xdfff)
    .map((point) => String.fromCodePoint(point))
  const unsafe = everything.filter((char) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]/u.test(char))
  assert.isAbove(unsafe.length, 200)
  for (const char of ["\u200b", "\u200f", "\u061c", "\ufeff", "\u{e0000}", "\u{e007f}", "\u0085"]) {
    assert.include(unsafe, char)
  }
  const json = Format.escapeInvisible(JSON.stringify(unsafe, undefined, 2))
  assert.notMatch(json.replaceAll("\n", ""), /[^ -~]/)
  assert.deepStrictEqual(decodeJson(json), unsafe)
  const others = JSON.stringify(everything.filter((char) => !unsafe.includes(char)).join(""))
  assert.strictEqual(Format.escapeInvisible(others), others)
})
