/**
 * @since 0.1.0
 */
export * as Emulator from "./Emulator.ts"
export * as FaultPlan from "./FaultPlan.ts"
export * as OperationPlan from "./OperationPlan.ts"
export * as OperationStore from "./OperationStore.ts"
export * as Report from "./Report.ts"
