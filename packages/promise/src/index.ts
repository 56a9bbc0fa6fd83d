/**
 * A client for the Comms API with promises and async iterables.
 *
 * @module @effect-comms/promise
 * @since 0.1.0
 */
export * from "./errors.ts"
export * from "./models.ts"
export * from "./options.ts"
export * from "./TwilioClient.ts"
