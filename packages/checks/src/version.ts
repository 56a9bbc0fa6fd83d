/** Writes the version of the client's `package.json` to its source. `pnpm version-packages` runs it. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { root } from "./internal/pack.ts"
import { writeVersion } from "./internal/version.ts"

writeVersion(`${root}packages/client`).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
