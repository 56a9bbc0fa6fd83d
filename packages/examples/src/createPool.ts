/**
 * Creates a pool, adds 3,000 Senders with progress, and lists those that failed. It uses an emulator in this process,
 * and needs no account.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as CreatePool from "./internal/createPool.ts"

CreatePool.salesPool.pipe(
  Effect.provide(Layer.merge(CreatePool.layer, NodeServices.layer)),
  NodeRuntime.runMain
)
