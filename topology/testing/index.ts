/**
 * Support for tests. `DirectDriver` runs a topology without a broker, record by record; `runConformance` replays what Kafka
 * Streams was recorded to do and reports what differs.
 */
export { DirectDriver } from './direct-driver.ts'
export { OWN_VECTORS, runConformance } from './conformance/run-conformance.ts'
export type { ConformanceOptions } from './conformance/run-conformance.ts'
export { mutationNames, runSimulation } from './simulator/run-simulation.ts'
export type { SimulationOptions } from './simulator/run-simulation.ts'
export { simulate } from './simulator/simulate.ts'
export type { SeedResult } from './simulator/simulate.ts'
export { ledgerScenario } from './simulator/ledger-scenario.ts'
export type { LogRecord, Logs, Scenario, Stimulus } from './simulator/scenario.ts'
