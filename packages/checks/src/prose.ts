/**
 * Checks how comments, messages and documents are written: no phrase that has a plainer form, no line above 120 columns.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Effect, FileSystem, Path, Schema } from "effect"

type Finding = { readonly file: string; readonly line: number; readonly problem: string }

/** Phrases, as the sources of regular expressions, and what to write instead. */
export const phrases: Readonly<Record<string, string>> = {
  "for ever": "without end, until interrupted",
  "whence": "from which",
  "(?:had|have|has) better": "should",
  "so-manieth": "every n-th",
  "anew": "again",
  "stead": "instead of",
  "at last": "finally, last",
  "of late": "recently",
  "as may be": "a plain sentence",
  "no sooner": "when, after",
  "(?:go|goes|going|gone|went) on (?:from|with|behind)": "resume, continue",
  "(?:is|are|be|was|were) told": "the thing that happens",
  "(?:take|takes|taken|taking|took) (?:\\w+ )?up again": "resume",
  "(?:is|are|be|been|was|were|not|never) repeated": "retried",
  "(?:give|gives|given|giving|gave) up": "fail, stop",
  "at work": "in progress",
  "(?:keep|keeps|keeping|kept) in mind": "track",
  "nobody|whoever|those who": "the thing in the code as the subject"
}

// A phrase may go on in the next line of a comment, or in the next piece of a concatenated string.
const gap = "[\\s*/\"'`+]+"

const rules = Object.entries(phrases).map(([phrase, instead]) => ({
  pattern: new RegExp(`\\b(?:${phrase.replaceAll(" ", gap)})\\b`, "gi"),
  instead
}))

const findPhrases = (file: string, text: string): ReadonlyArray<Finding> =>
  rules.flatMap(({ instead, pattern }) =>
    [...text.matchAll(pattern)].map(({ 0: found, index }) => ({
      file,
      line: text.slice(0, index).split("\n").length,
      problem: `"${found.replace(new RegExp(gap, "g"), " ")}": write "${instead}"`
    }))
  )

const maxColumns = 120

const withoutCode = (markdown: string): string =>
  markdown.replace(/^( *)```[\s\S]*?^\1```/gm, (block) => block.replace(/.+/g, ""))

const isTableOrLinkOrImage = /^\s*(?:\||\[[^\]]+\]: |!\[|\[!\[)/

const isComment = /^\s*(?:\/\/|\/?\*)|\s\/\/ /

const findLongLines = (file: string, text: string): ReadonlyArray<Finding> => {
  const isMarkdown = file.endsWith(".md")
  return (isMarkdown ? withoutCode(text) : text).split("\n").flatMap((line, index) => {
    const { length } = [...line]
    return length > maxColumns && (isMarkdown ? !isTableOrLinkOrImage.test(line) : isComment.test(line))
      ? [{ file, line: index + 1, problem: `${length} columns: at most ${maxColumns}` }]
      : []
  })
}

/** Finds what is wrong in the text of one `.ts` or `.md` file. */
export const check = (file: string, text: string): ReadonlyArray<Finding> => [
  ...findPhrases(file, text),
  ...findLongLines(file, text)
]

class ProseError extends Schema.TaggedError<ProseError>()("ProseError", { findings: Schema.Natural }) {
  override get message(): string {
    return `The prose has ${this.findings} findings.`
  }
}

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const root = yield* (yield* Path.Path).fromFileUrl(new URL("../../..", import.meta.url))
  // These checks and their test contain every phrase.
  const files = yield* fs.glob("**/*.{md,ts}", {
    root,
    exclude: ["**/node_modules", "**/dist", "reference", "packages/checks"]
  })
  const checked = yield* Effect.forEach(
    files,
    (file) => Effect.map(fs.readFileString(`${root}/${file}`), (text) => check(file, text))
  )
  const findings = checked.flat()
  const counts = Array.groupBy(findings, ({ file }) => /^packages\/[^/]+/.exec(file)?.[0] ?? "the top level")
  yield* Console.log([
    ...findings.map(({ file, line, problem }) => `${file}:${line}: ${problem}`),
    ...Object.entries(counts).map(([name, { length }]) => `${name}: ${length}`)
  ].join("\n"))
  if (findings.length > 0) {
    return yield* new ProseError({ findings: findings.length })
  }
})

if (import.meta.main) program.pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
