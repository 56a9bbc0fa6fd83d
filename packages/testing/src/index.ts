/**
 * Mocks of the services, an emulator of the API, and a grader of clients.
 *
 * @module @effect-comms/testing
 * @since 0.1.0
 */
export * as Arbitraries from "./Arbitraries.ts"
export * as EmailOperationsTest from "./EmailOperationsTest.ts"
export * as Emulator from "./Emulator.ts"
export * as Examples from "./Examples.ts"
export * as FaultPlan from "./FaultPlan.ts"
export * as Grader from "./Grader.ts"
export * as MessageOperationsTest from "./MessageOperationsTest.ts"
export * as OperationCourse from "./OperationCourse.ts"
export * as OperationPlan from "./OperationPlan.ts"
export * as OperationsTest from "./OperationsTest.ts"
export * as Report from "./Report.ts"
export * as SenderPoolOperationsTest from "./SenderPoolOperationsTest.ts"
