import { Operation, SenderPoolOperation } from "@effect-comms/domain"
import { assert, it } from "@effect/vitest"
import { Arbitrary, DateTime, Effect, Schema, Stream } from "effect"
import { CliOutput } from "effect/cli"
import * as Format from "../src/Format.ts"
import { resources } from "../src/Resource.ts"

const { shape } = resources["sender-pools"]

const at = DateTime.makeUnsafe("2024-04-05T06:20:00Z")

const operation = (id: string, total = 1000) =>
  new SenderPoolOperation.SenderPoolOperation({
    id: Operation.OperationId.make(id),
    status: "PROCESSING",
    stats: { total, queued: 550, created: 440, failed: 10 },
    createdAt: at,
    updatedAt: at
  })

const rows = [
  operation("comms_operation_01h9krwprkeee8fzqspvwy6nq8"),
  operation("comms_operation_01h9krwprkeee8fzqspvwy6nq9")
]

const print = <A>(shape: Format.Shape<A>, rows: ReadonlyArray<A>, room: number) =>
  Stream.fromIterable(rows).pipe(Stream.rechunk(1), Format.toText(shape, "table", false, room), Stream.mkString)

const linesAt = (room: number) => Effect.map(print(shape, rows, room), (text) => text.trimEnd().split("\n"))

it.effect("a table drops the last update, then shortens ids, then becomes documents", () =>
  Effect.gen(function*() {
    const [header = "", first] = yield* linesAt(142)
    assert.match(header, /^id +status .* created at +updated at$/)
    assert.lengthOf(first ?? "", 142)
    assert.deepStrictEqual(yield* linesAt(141), [
      "id                                          status          total    created     failed     queued  created at",
      "comms_operation_01h9krwprkeee8fzqspvwy6nq8  PROCESSING       1000        440         10        550  2024-04-05 06:20:00Z",
      "comms_operation_01h9krwprkeee8fzqspvwy6nq9  PROCESSING       1000        440         10        550  2024-04-05 06:20:00Z"
    ])
    assert.deepStrictEqual(yield* linesAt(80), [
      "id              status      total  created  failed  queued  created at",
      "comms…pvwy6nq8  PROCESSING   1000      440      10     550  2024-04-05 06:20:00Z",
      "comms…pvwy6nq9  PROCESSING   1000      440      10     550  2024-04-05 06:20:00Z"
    ])
    const documents = yield* linesAt(78)
    assert.deepStrictEqual(documents.slice(0, 2), [
      "id          comms_operation_01h9krwprkeee8fzqspvwy6nq8",
      "status      PROCESSING"
    ])
    assert.deepStrictEqual(documents.slice(7, 10), [
      "updated at  2024-04-05 06:20:00Z",
      "",
      "id          comms_operation_01h9krwprkeee8fzqspvwy6nq9"
    ])
  }))

it.effect("a table stays within the terminal when later rows are wider", () =>
  Effect.gen(function*() {
    const text = yield* print(shape, [...rows, operation(rows[0]?.id ?? "", 1_000_000)], 82)
    for (const line of text.split("\n")) assert.isAtMost(line.length, 82)
    assert.include(text, "1000000")
  }))

interface Row {
  readonly id: string
  readonly name: string
  readonly note: string
}

const wide: Format.Shape<Row> = {
  columns: [
    { name: "id", text: ({ id }) => id },
    { name: "name", text: ({ name }) => name, colour: () => "green" },
    { name: "note", text: ({ note }) => note }
  ],
  encode: (row) => row
}

it.effect("a table measures wide characters, and does not pad its last column", () =>
  Effect.gen(function*() {
    const rows: ReadonlyArray<Row> = [
      { id: "1", name: "日本", note: "é" },
      { id: "2", name: "abc", note: "a long note" },
      { id: "3", name: "👍🏽", note: "" }
    ]
    const chunk = (colours: boolean) =>
      Stream.fromIterable(rows).pipe(Format.toText(wide, "table", colours), Stream.mkString)
    assert.strictEqual(
      yield* chunk(false),
      "id  name  note\n1   日本  é\n2   abc   a long note\n3   👍🏽\n"
    )
    assert.strictEqual((yield* chunk(true)).split("\n")[1], "1   \u001b[32m日本\u001b[0m  é")
  }))

const texts = Arbitrary.array(Arbitrary.schema(Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  note: Schema.String
})))

const columns = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 120 })))

it.effect.prop(
  "a table fits any terminal, whatever its text is",
  { texts, columns },
  ({ columns, texts }) =>
    Effect.gen(function*() {
      const page = Stream.fromIterable(texts)
      const text = yield* Stream.mkString(Format.toText(wide, "table", true, columns)(page))
      const lines = text.split("\n")
      const isTable = lines[0]?.includes("name") === true
      if (isTable) { for (const line of lines) assert.isAtMost(CliOutput.displayWidth(line), columns) }
    })
)
