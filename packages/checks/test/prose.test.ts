import { assert, describe, it } from "@effect/vitest"
import { check, phrases } from "../src/prose.ts"

const samples: ReadonlyArray<string> = [
  "It waits for ever.",
  "The id, whence the page follows.",
  "This had better be short.",
  "Every so-manieth request fails.",
  "The wait begins anew.",
  "The emulator answers in its stead.",
  "The page arrives at last.",
  "It was slow of late.",
  "Be that as may be.",
  "No sooner sent than answered.",
  "The list is gone on with later.",
  "The caller is told.",
  "The wait was taken up again.",
  "A lost call is repeated.",
  "The client gives up.",
  "The operation is at work.",
  "The id is kept in mind.",
  "Nobody reads it."
]

describe("phrases", () => {
  it("has a sample of every phrase, and finds that phrase in it only", () => {
    const found = samples.flatMap((sample) => {
      const findings = check("x.md", sample)
      assert.lengthOf(findings, 1, sample)
      return findings.map(({ problem }) => /write "(.*)"$/.exec(problem)?.[1])
    })
    assert.deepEqual(found, Object.values(phrases))
  })

  it.each([
    ["a comment", "// It waits for ever."],
    ["the next line of a comment", "/**\n * It waits for\n * ever.\n */"],
    ["a string", "const message = \"It waits for ever.\""],
    ["a concatenated string", "const message = \"It waits for \" +\n  \"ever.\""],
    ["other letters", "// For Ever."]
  ])("are found in %s", (_, text) => {
    assert.deepEqual(check("x.ts", text).map(({ problem }) => problem.slice(0, 10).toLowerCase()), ["\"for ever\""])
  })

  it("are whole words", () => {
    assert.deepEqual(check("x.ts", "// The answer is instead a letter for everyone: planewise, and at lastIndex."), [])
  })

  it("have the line in which they begin", () => {
    assert.deepEqual(check("x.md", "One.\n\nFor\never.").map(({ line }) => line), [3])
  })
})

const wide = "x".repeat(121)

describe("a line of 121 columns", () => {
  it.each([
    ["x.md", `${wide}\n`, 1],
    ["x.md", `\n- ${wide}\n`, 2],
    ["x.md", `\`\`\`ts\n\n\`\`\`\n${wide}`, 4],
    ["x.ts", `// ${wide}`, 1],
    ["x.ts", `/**\n * ${wide}\n */`, 2],
    ["x.ts", `const x = 1 // ${wide}`, 1]
  ])("is found in prose (%s: %j)", (file, text, line) => {
    assert.deepEqual(check(file, text).map((finding) => finding.line), [line])
  })

  it.each([
    ["x.md", `| ${wide} |`],
    ["x.md", `\`\`\`ts\n${wide}\n\`\`\``],
    ["x.md", `[x]: https://x.test/${wide}`],
    ["x.md", `![x](${wide}.svg)`],
    ["x.md", `[![x](${wide}.svg)](https://x.test)`],
    ["x.ts", `const url = "https://x.test/${wide}"`],
    ["x.ts", `// ${"x".repeat(117)}`]
  ])("is not found elsewhere (%s: %j)", (file, text) => {
    assert.deepEqual(check(file, text), [])
  })
})
