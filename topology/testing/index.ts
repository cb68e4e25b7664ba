/**
 * Support for tests. `DirectDriver` runs a topology without a broker, record by record; `runConformance` replays what Kafka
 * Streams was recorded to do and reports what differs. `memoryBroker` is the embedded broker without a disk.
 */
export { DirectDriver } from './direct-driver.ts'
export { memoryBroker } from './memory-broker.ts'
export { manualPorts } from '../broker/testing/manual-ports.ts'
export type { ManualPorts } from '../broker/testing/manual-ports.ts'
export { OWN_VECTORS, runConformance } from './conformance/run-conformance.ts'
export type { ConformanceOptions } from './conformance/run-conformance.ts'
export { mutationNames, runSimulation } from './simulator/run-simulation.ts'
export type { SimulationOptions } from './simulator/run-simulation.ts'
export { simulate } from './simulator/simulate.ts'
export type { SeedResult } from './simulator/simulate.ts'
export { ledgerScenario } from './simulator/ledger-scenario.ts'
export type { LogRecord, Logs, Scenario, Stimulus } from './simulator/scenario.ts'
