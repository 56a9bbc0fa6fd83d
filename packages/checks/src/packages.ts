/**
 * Checks the packages as they are published: the manifests, the types of every module, the files, and the links of the
 * READMEs.
 */
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, FileSystem, Path, Schema } from "effect"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { pack, published, root, type Tarball } from "./internal/pack.ts"
import { writeVersion } from "./internal/version.ts"

const repository = "https://github.com/effect-comms/effect-comms"

const raw = "https://raw.githubusercontent.com/effect-comms/effect-comms/main/"

class PackagesError extends Schema.TaggedError<PackagesError>()("PackagesError", { findings: Schema.Natural }) {
  override get message(): string {
    return `The packages have ${this.findings} findings.`
  }
}

const checkManifest = Effect.fnUntraced(function*(content: Uint8Array<ArrayBuffer>) {
  const { messages, pkg } = yield* Effect.promise(() =>
    publint({ pack: { tarball: content.slice().buffer }, strict: true })
  )
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
})

// The packages have ES modules only, which these ways of resolving a module do not find.
const withoutModules = ["node10", "node16-cjs"]

const Manifest = Schema.fromJsonString(
  Schema.Struct({ exports: Schema.optional(Schema.Record(Schema.String, Schema.Json)) })
)

const checkTypes = Effect.fnUntraced(function*({ directory, files }: Tarball, content: Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { exports = {} } = yield* Effect.flatMap(
    fs.readFileString(path.join(directory, "package.json")),
    Schema.decodeEffect(Manifest)
  )
  if (!("." in exports)) return []
  const modules = "./*" in exports ? files.flatMap((file) => /^dist\/([A-Z]\w*)\.d\.ts$/.exec(file)?.[1] ?? []) : []
  const result = yield* Effect.promise(() =>
    checkPackage(createPackageFromTarballData(content), { entrypoints: [".", ...modules.map((name) => `./${name}`)] })
  )
  if (result.types === false) return ["There are no types."]
  return result.problems
    .filter((problem) => !("resolutionKind" in problem && withoutModules.includes(problem.resolutionKind)))
    .map((problem) => `${problem.kind}: ${JSON.stringify(problem)}`)
})

const checkFiles = ({ files }: Tarball): ReadonlyArray<string> =>
  ["LICENSE", "README.md", "AGENTS.md", "CHANGELOG.md"].filter((file) => !files.includes(file)).map((file) =>
    `${file} is missing.`
  )

const anchorOf = (heading: string): string => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-")

const anchorsOf = (markdown: string): ReadonlyArray<string> =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading))

const linksOf = (markdown: string): ReadonlyArray<string> =>
  [...markdown.replace(/^```[\s\S]*?^```/gm, "").matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map((
    [, inline, reference]
  ) => inline ?? reference ?? "")

/** Finds the links that are broken on the page of the package, where no other file of the repository is. */
const checkLinks = Effect.fnUntraced(function*({ directory }: Tarball) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const readme = yield* fs.readFileString(path.join(directory, "README.md"))
  return yield* Effect.forEach(linksOf(readme), (link) =>
    Effect.gen(function*() {
      const [address = "", anchor] = link.split("#")
      const isOwn = address === ""
      const file = isOwn
        ? path.join(directory, "README.md")
        : [`${repository}/blob/main/`, `${repository}/tree/main/`, raw].flatMap((base) =>
          address.startsWith(base) ? path.join(root, address.slice(base.length)) : []
        )[0]
      if (file === undefined) return /^https?:/.test(link) ? [] : [`${link} is a relative link.`]
      if (!(yield* fs.exists(file))) return [`${link} leads to a file that does not exist.`]
      if (anchor === undefined || anchorsOf(yield* fs.readFileString(file)).includes(anchor)) return []
      return [`${link} leads to a heading that does not exist.`]
    })).pipe(Effect.map((findings) => findings.flat()))
})

const checkVersion = Effect.fnUntraced(function*({ directory, name }: Tarball) {
  if (name !== "@effect-comms/client") return []
  const written = yield* writeVersion(directory)
  return written ? ["The version in CommsClient.ts was not that of package.json. It is now."] : []
})

const check = Effect.fnUntraced(function*(tarball: Tarball) {
  const fs = yield* FileSystem.FileSystem
  const content = new Uint8Array(yield* fs.readFile(tarball.filename))
  const findings = yield* Effect.all([
    checkManifest(content),
    checkTypes(tarball, content),
    Effect.succeed(checkFiles(tarball)),
    checkLinks(tarball),
    checkVersion(tarball)
  ])
  yield* Console.log(`${tarball.name}: ${(content.length / 1_000).toFixed(0)} kB`)
  return findings.flat().map((finding) => `${tarball.name}: ${finding}`)
})

const program = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const destination = yield* fs.makeTempDirectoryScoped()
  const findings = yield* Effect.forEach(
    published,
    (name) => Effect.flatMap(pack(name, destination), check)
  ).pipe(Effect.map((findings) => findings.flat()))
  yield* Effect.forEach(findings, (finding) => Console.log(finding), { discard: true })
  if (findings.length > 0) return yield* new PackagesError({ findings: findings.length })
})

program.pipe(Effect.scoped, Effect.provide(NodeServices.layer), NodeRuntime.runMain)
